// How a route answers: the state that every request carries, and the two kinds of envelope.

import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../core/errors.ts';
import type { Log } from '../lib/log.ts';
import { errorEnvelope, type Refusal, successEnvelope, toRefusal } from './envelope.ts';

const startedAtOf = new WeakMap<IncomingMessage, number>();

/** Called when a request arrives, before anything else is done with it. */
export function markStart(request: IncomingMessage): void {
  startedAtOf.set(request, performance.now());
}

export interface Answers {
  success(request: FastifyRequest, reply: FastifyReply, dataText: string): FastifyReply;
  failure(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply;
  /** Logs what only this server is to blame for, sets the headers that belong to the error, and says what may be said. */
  refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): Refusal;
}

export const jsonType = 'application/json; charset=utf-8';

export function createAnswers(callerAddress: (request: IncomingMessage) => string, log: Log): Answers {
  const exchange = ({ raw }: FastifyRequest) => ({
    startedAt: startedAtOf.get(raw) ?? performance.now(),
    address: callerAddress(raw),
  });
  return {
    success: (request, reply, dataText) =>
      reply
        .code(200)
        .header('Cache-Control', 'no-store')
        .type(jsonType)
        .send(successEnvelope(dataText, exchange(request))),
    failure: (request, reply, refusal) =>
      reply
        .code(refusal.status)
        .type(jsonType)
        .send(errorEnvelope(refusal, exchange(request))),
    refuse(request, reply, error) {
      const refusal = toRefusal(error, request.id);
      if (refusal.type === 'internal')
        log.error(
          { requestId: request.id, route: request.routeOptions.url ?? null, error: describe(error) },
          'request_failed',
        );
      if (refusal.type === 'unauthenticated') reply.header('WWW-Authenticate', 'Bearer');
      if (error instanceof RequestError && error.retryAfterSeconds !== undefined)
        reply.header('Retry-After', String(error.retryAfterSeconds));
      // What is left of a body that was refused half-way would be taken for the next request.
      if (!request.raw.complete) reply.header('Connection', 'close');
      return refusal;
    },
  };
}

/** The stack stays in the log: it names our lines, never a body. */
function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
