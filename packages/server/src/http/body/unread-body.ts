// The end of a body that is refused before it was read.
// Closing the connection at once would reset it under a client that still sends, which then never reads the answer.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { isInTinyPieces } from '../../lib/received-bytes.ts';

const patienceMs = 5_000;
/** How many pieces are thrown away beyond those of a network. */
const tinyPieces = 1_000;

/** Whether a request says that no body comes with it. */
export function hasNoBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers;
  return length === '0' && coding === undefined;
}

/** Reads on and throws away, so that the answer arrives and the connection can be used again; hangs up on whoever sends for longer. */
export function discardBody(request: IncomingMessage, limitMs = patienceMs): void {
  if (request.complete || hasNoBody(request)) return;
  const timer = setTimeout(() => request.destroy(), limitMs);
  let bytes = 0;
  let pieces = 0;
  const count = (piece: Buffer) => {
    bytes += piece.length;
    pieces += 1;
    if (isInTinyPieces(bytes, pieces, tinyPieces)) request.off('data', count).destroy();
  };
  request
    .once('close', () => clearTimeout(timer))
    .on('data', count)
    .resume();
}

/** How long the rest of a body that is too large is read and thrown away. */
const lingerMs = 2_000;
const lingering = new WeakMap<IncomingMessage, Promise<void>>();

/**
 * Reads on and throws away for a short while, until which `untilRead` has the answer wait for its end: the connection is closed with that. Gives
 * whether a body was still on its way.
 */
export function lingerOnBody(request: IncomingMessage, limitMs = lingerMs): boolean {
  if (request.complete || hasNoBody(request)) return false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  const over = () => {
    clearTimeout(timer);
    resolve();
  };
  let bytes = 0;
  let pieces = 0;
  request
    .once('end', over)
    .once('close', over)
    .on('data', (piece: Buffer) => {
      bytes += piece.length;
      pieces += 1;
      if (isInTinyPieces(bytes, pieces, tinyPieces)) over();
    })
    .resume();
  lingering.set(request, promise);
  return true;
}

/** Gives an answer that has all its bytes at once, and ends when the rest of the request has been read for long enough. */
export function untilRead(request: IncomingMessage, answer: string): Readable | string {
  const rest = lingering.get(request);
  if (rest === undefined) return answer;
  return Readable.from(
    (async function* () {
      yield answer;
      await rest;
    })(),
    { objectMode: false },
  );
}

/**
 * Hangs up when the answer has been sent and chunks are still coming that nobody reads, as behind a GET: of those Node throws away any
 * number.
 */
export function endUnreadChunks(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['transfer-encoding'] === undefined) return;
  response.once('close', () => {
    if (!request.complete && request.listenerCount('data') === 0) request.destroy();
  });
}
