// Clients that wait to be told: by long polls of one task after another, and by the stream of all events of the key, which goes on at
// another node where it breaks off.

import { randomInt } from 'node:crypto';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskData } from '@plantain/client';
import { call, key, path } from './calls.ts';
import type { ClientOptions } from './clients.ts';

/** When a long poll was answered with the end of a task, in Unix milliseconds. */
export interface Heard {
  id: string;
  at: number;
}

/** Waits for the end of tasks until the signal, each at another node than the one before. */
export async function waitForEnds(count: number, { book, nodes, signal }: ClientOptions): Promise<Heard[]> {
  const heard: Heard[] = [];
  const waiter = async (place: number) => {
    for (let turn = place; !signal.aborted; turn += 1) {
      await sleep(100);
      const open = [...book.accepted.values()].slice(-40).filter((id) => !book.ended.has(id));
      const id = open[randomInt(Math.max(1, open.length))];
      const apis = nodes.apis();
      if (id === undefined) continue;
      const sentAt = Date.now();
      const url = `${apis[turn % apis.length]!.url}${path}/${id}?wait=10&until=final`;
      const answer = await call(url).catch(() => null);
      const { state } = answer?.status === 200 ? (JSON.parse(answer.body).data as TaskData) : {};
      // One that was answered at once had ended before.
      if ((state === 'succeeded' || state === 'error') && Date.now() - sentAt > 50)
        heard.push({ id, at: Date.now() });
    }
  };
  await Promise.all(Array.from({ length: count }, (_, place) => waiter(place)));
  return heard;
}

export interface Follower {
  /** Ids of tasks of whose end the stream told. */
  ended: ReadonlySet<string>;
  /** Resolves when the stream tells of all that ends from then on. */
  begun: Promise<void>;
  /** Number of times that it had to connect. */
  connections(): number;
}

/** Follows all tasks of the key until the signal, at first at the node of this place. */
export function followAll(place: number, { book, nodes, signal }: ClientOptions): Follower {
  const ended = new Set<string>();
  let lastId: string | undefined;
  let connections = 0;
  const begun = Promise.withResolvers<void>();
  const take = (line: string) => {
    if (line.startsWith('id:')) {
      lastId = line.slice(3).trim();
      begun.resolve();
    }
    if (!line.startsWith('data:')) return;
    const { task_id: id, state } = JSON.parse(line.slice(5)) as TaskData;
    if (state === 'succeeded' || state === 'error') ended.add(id);
    else if (ended.has(id)) book.faults.push(`${id} went back in a stream: ${state} after its end.`);
  };
  const follow = async () => {
    while (!signal.aborted) {
      const apis = nodes.apis();
      const { url } = apis[(place + connections) % apis.length]!;
      connections += 1;
      await readStream(url, lastId, take, signal);
      await sleep(100);
    }
  };
  void follow();
  return { ended, begun: begun.promise, connections: () => connections };
}

/** Resolves when the stream is over, however it ended. */
async function readStream(
  url: string,
  lastId: string | undefined,
  take: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const headers = { authorization: key, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) };
  await new Promise<void>((resolve) => {
    const outgoing = request(`${url}${path}/events`, { headers, signal, agent: false }, (answer) => {
      const lines = createInterface(answer).on('line', take);
      // It is told of a connection that broke, too, and throws where nobody listens.
      lines.on('error', () => {});
      answer.once('close', () => lines.close());
    });
    outgoing.on('error', () => resolve()).on('close', resolve);
    outgoing.end();
  });
}
