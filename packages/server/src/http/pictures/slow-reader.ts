// A reader that takes nothing of an answer would hold its connection, and the file behind it, for ever: HTTP bounds how long a
// request may take to arrive, and nothing bounds the answer.

import { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';

const patienceMs = 60_000;

/** Hangs up once the connection has moved no byte for so long. To be called when the answer is about to be sent, never for one that waits. */
export function hangUpOnSilence({ raw }: FastifyReply, ms = patienceMs): void {
  // A call within the process has no such connection.
  if (raw.socket instanceof Socket) raw.setTimeout(ms, () => raw.destroy());
}
