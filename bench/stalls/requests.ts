// How hostile things are sent to a server, and what has to be said of each.

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

export const mebibyte = 2 ** 20;
/** `max_body_bytes` unless set. */
export const most = 64 * mebibyte;
export const submitPath = '/api/gemini/nano-banana';

/** Parts that make a submit an edit, and a request one that may be repeated. */
export const edit = { path: `${submitPath}-edit` };
export const idempotent = { headers: ['Idempotency-Key: stalls'] };

export interface Target {
  url: string;
  key: string;
}

/** `send` gives the statuses of the answers. */
export interface StallCase {
  what: string;
  /** Settings of the server for this case. */
  settings?: Record<string, string>;
  /** Done before anything is measured. */
  prepare?: (target: Target) => Promise<unknown>;
  send: (target: Target) => Promise<string>;
}

export interface Sent {
  path?: string;
  method?: string;
  /** `null`: none is sent. */
  key?: string | null;
  type?: string;
  headers?: string[];
  body: Uint8Array;
}

/** One request on a connection of its own; gives the status, or how the connection ended. */
export async function send({ url, key: usual }: Target, sent: Sent): Promise<string> {
  const {
    path = submitPath,
    method = 'POST',
    key = usual,
    type = 'application/json',
    headers = [],
    body,
  } = sent;
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    ...(key === null ? [] : [`Authorization: ${key}`]),
    ...headers,
  ];
  return await exchange(url, [Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/**
 * Writes the pieces as the other side takes them, and gives the statuses of all answers until it closes the connection, or has
 * had it for so long.
 */
export async function exchange(
  url: string,
  pieces: Iterable<Uint8Array>,
  patienceMs = 60_000,
): Promise<string> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const timer = setTimeout(() => socket.end(), patienceMs);
  const answers = text(socket).catch((error: unknown) => String((error as NodeJS.ErrnoException).code));
  socket.on('error', () => {});
  for (const piece of pieces) {
    if (socket.destroyed || !socket.writable) break;
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), answers]).catch(() => {});
  }
  const statuses = statusesOf(await answers);
  clearTimeout(timer);
  return statuses;
}

function statusesOf(answers: string): string {
  const found = answers.match(/HTTP\/1\.1 \d{3}/g) ?? [];
  const counts = new Map<string, number>();
  for (const line of found) counts.set(line.slice(9), (counts.get(line.slice(9)) ?? 0) + 1);
  if (counts.size === 0) return answers.slice(0, 20) || 'no answer';
  return [...counts].map(([status, count]) => (count === 1 ? status : `${count} x ${status}`)).join(', ');
}

/** `start`, as many `unit`s as there is room for, and `end`. */
export function filled(start: string, unit: string, end: string, size = most): Buffer {
  const first = Buffer.from(start);
  const each = Buffer.from(unit);
  const last = Buffer.from(end);
  const count = Math.floor((size - first.length - last.length) / each.length);
  return Buffer.concat([first, Buffer.alloc(count * each.length, each), last]);
}
