// Stops the work for a request whose client has gone away.

import type { FastifyReply } from 'fastify';
import { RequestError } from '../../core/errors.ts';

/**
 * Gives a signal that aborts when the connection closes before the answer was sent. Its reason is an error of the client's, not
 * of this server.
 */
export function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const look = () => {
    if (reply.raw.writableFinished) return;
    gone.abort(new RequestError('invalid_request', 'The client went away before it was answered.'));
  };
  if (reply.raw.destroyed) look();
  else reply.raw.once('close', look);
  return gone.signal;
}
