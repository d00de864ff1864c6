// Answers of routes: the state of each request, and the two kinds of envelope.

import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { safeText } from '../lib/safe-text.ts';
import { NoKeyError } from './access/authorization.ts';
import { EndedSessionError } from './access/by-session.ts';
import { ClosingError } from './connections/closing-error.ts';
import { matchesTag } from './status/entity-tags.ts';
import { errorEnvelope, type Refusal, successEnvelope, toRefusal } from './refusals/envelope.ts';
import type { KnownPaths } from './refusals/known-paths.ts';
import { hasQueryKey, notTakenHere } from './access/query-key.ts';
import type { SlowWrongKeys } from './access/wrong-keys.ts';
import { statusHeaders } from './status/status-headers.ts';
import type { StatusText } from './status/status-reader.ts';
import {
  describeUnknownPath as describeByDefault,
  type DescribeUnknownPath,
} from './refusals/unknown-path.ts';
import { discardBody, lingerOnBody } from './body/unread-body.ts';

const startedAtOf = new WeakMap<IncomingMessage, number>();

/** Called when a request arrives, before anything else is done with it. */
export function markStart(request: IncomingMessage): void {
  startedAtOf.set(request, performance.now());
}

export interface Answers {
  success(request: FastifyRequest, reply: FastifyReply, dataText: string): FastifyReply;
  /** Answers with a task, or with 304 where the client has this text already. */
  status(request: FastifyRequest, reply: FastifyReply, shown: StatusText): FastifyReply;
  failure(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply;
  /** Answers with an error and its headers. A fault of this server is logged, and the client is told no details of it. */
  refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): Refusal;
  /**
   * Refuses a request that no route takes, because of its path, or of its method, where `Allow` lists the right ones. Of a path below
   * `prefix`, the refusal says what is there.
   */
  noRoute(request: FastifyRequest, reply: FastifyReply, prefix?: string): Refusal;
  /** Has refusals of requests that the router can't read sent so, where their paths begin with `prefix`: they reach no face. */
  sendBelow(prefix: string, send: SendRefusal): void;
  /** Sends such a refusal in the form of the face whose path it is, or else in the envelope. */
  unreadable(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): void;
}

export type SendRefusal = (reply: FastifyReply, refusal: Refusal) => FastifyReply;

export const jsonType = 'application/json; charset=utf-8';

/** `publicPath` stands in front of every path as clients write it. */
export function createAnswers({
  callerAddress,
  paths,
  publicPath,
  describeUnknownPath = describeByDefault,
  slowWrongKeys = (_request, refusal) => refusal,
  emit,
}: {
  callerAddress: (request: IncomingMessage) => string;
  paths: KnownPaths;
  publicPath: () => string;
  describeUnknownPath?: DescribeUnknownPath | undefined;
  slowWrongKeys?: SlowWrongKeys | undefined;
  emit: Emit;
}): Answers {
  const exchange = ({ raw }: FastifyRequest) => ({
    startedAt: startedAtOf.get(raw) ?? performance.now(),
    address: callerAddress(raw),
  });
  const failure: Answers['failure'] = (request, reply, refusal) =>
    reply
      .code(refusal.status)
      .type(jsonType)
      .send(errorEnvelope(refusal, exchange(request)));
  const below = new Map<string, SendRefusal>();
  return {
    sendBelow: (prefix, send) => void below.set(`${prefix}/`, send),
    unreadable(request, reply, refusal) {
      const prefixes = [...below.keys()].filter((prefix) => request.url.startsWith(prefix));
      const longest = prefixes.toSorted((one, other) => other.length - one.length)[0] ?? '';
      const send = below.get(longest);
      if (send === undefined) failure(request, reply, refusal);
      else send(reply, refusal);
    },
    success: (request, reply, dataText) =>
      reply
        .code(200)
        .header('Cache-Control', 'no-store')
        .type(jsonType)
        .send(successEnvelope(dataText, exchange(request))),
    status(request, reply, shown) {
      const headers = statusHeaders(shown);
      for (let at = 0; at < headers.length; at += 2) reply.header(headers[at] ?? '', headers[at + 1]);
      const known = request.headers['if-none-match'];
      // A 304 is for who reads only: https://www.rfc-editor.org/rfc/rfc9110.html#section-13.1.2
      if (known !== undefined && request.method !== 'POST' && matchesTag(known, shown.etag))
        return reply.code(304).send();
      return reply
        .code(200)
        .type(jsonType)
        .send(successEnvelope(shown.text, exchange(request)));
    },
    failure,
    refuse: (request, reply, thrown) =>
      refuse(emit, request, reply, slowWrongKeys(request.raw, forgetCookie(reply, thrown))),
    noRoute: (request, reply, prefix) =>
      refuseRoute({ paths, publicPath, describeUnknownPath }, request, reply, prefix),
  };
}

/** Deletes the cookie of a session that has ended; gives the refusal. */
function forgetCookie(reply: FastifyReply, refusal: unknown): unknown {
  if (refusal instanceof EndedSessionError) reply.header('Set-Cookie', refusal.setCookie);
  return refusal;
}

function refuse(emit: Emit, request: FastifyRequest, reply: FastifyReply, thrown: unknown): Refusal {
  const error = thrown instanceof NoKeyError && hasQueryKey(request.query) ? notTakenHere() : thrown;
  const refusal = toRefusal(error, request.id);
  if (refusal.type === 'internal')
    emit('request_failed', {
      requestId: request.id,
      route: request.routeOptions.url ?? null,
      error: describe(error),
    });
  if (refusal.type !== 'unauthenticated') reply.removeHeader('WWW-Authenticate');
  else if (!reply.hasHeader('WWW-Authenticate')) reply.header('WWW-Authenticate', 'Bearer');
  if (error instanceof RequestError && error.retryAfterSeconds !== undefined)
    reply.header('Retry-After', String(error.retryAfterSeconds));
  // A body that is too large would be read for long before the connection could be used again.
  const isClosing = refusal.type === 'too_large' ? lingerOnBody(request.raw) : error instanceof ClosingError;
  if (isClosing) reply.header('Connection', 'close');
  else discardBody(request.raw);
  return refusal;
}

function refuseRoute(
  {
    paths,
    publicPath,
    describeUnknownPath,
  }: { paths: KnownPaths; publicPath: () => string; describeUnknownPath: DescribeUnknownPath },
  request: FastifyRequest,
  reply: FastifyReply,
  prefix?: string,
): Refusal {
  discardBody(request.raw);
  const { url, method } = request;
  const methods = paths.methodsOf(url);
  const meant = paths.meant(url, method);
  if (methods === undefined)
    return toRefusal(
      new RequestError(
        'not_found',
        describeUnknownPath(url, meant, publicPath(), prefix === undefined ? [] : paths.below(prefix)),
      ),
      request.id,
    );
  reply.header('Allow', methods);
  const question = meant === undefined ? '' : ` Did you mean ${publicPath()}${meant}?`;
  const error = new RequestError(
    'invalid_request',
    `This path takes ${methods} only.${question}${emptyPart(url)}`,
  );
  // The closed list of types has none of its own for a wrong method.
  return { ...toRefusal(error, request.id), status: 405 };
}

/** Hint for a path with an empty part, as a client makes it of an empty variable; `''` for other paths. */
function emptyPart(url: string): string {
  return /[^/]\/\/[^/]/.test(url.split('?', 1)[0] ?? '')
    ? ' Nothing stands between two of its slashes, where an id may be missing.'
    : '';
}

/** Stack of an error for the log. Anything that its message may quote of a key or a picture is removed. */
function describe(error: unknown): string {
  return safeText(error instanceof Error ? (error.stack ?? error.message) : String(error), [], 4_000);
}
