// When the client of a request went away, nobody is left to do its work for.

import type { FastifyReply } from 'fastify';
import { RequestError } from '../../core/errors.ts';

/** Aborts when the connection ends before the answer was sent, with a reason that is no fault of this server's. */
export function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (reply.raw.writableFinished) return;
    gone.abort(new RequestError('invalid_request', 'The client went away before it was answered.'));
  });
  return gone.signal;
}
