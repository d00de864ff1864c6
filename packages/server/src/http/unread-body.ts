// What becomes of a body that is refused before it was read to its end.
// Closing the connection at once would reset it under a client that still sends, which then never reads the answer.

import type { IncomingMessage } from 'node:http';

const patienceMs = 5_000;

/** Reads on and throws away, so that the answer arrives and the connection can be used again; hangs up on whoever sends for longer. */
export function discardBody(request: IncomingMessage, limitMs = patienceMs): void {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  if (request.complete || (length === '0' && coding === undefined)) return;
  const timer = setTimeout(() => request.destroy(), limitMs);
  request.once('close', () => clearTimeout(timer)).resume();
}
