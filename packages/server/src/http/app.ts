// The HTTP application: an ordinary fastify app behind the status query's fast path. It does not listen; compose.ts does that.

import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server } from 'node:http';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type onSendHookHandler,
} from 'fastify';
import { RequestError } from '../core/errors.ts';
import { type Answers, createAnswers, markStart } from './answer.ts';
import { takeOtherHeaders } from './access/authorization.ts';
import type { CallerAddress } from './connections/caller-address.ts';
import { corsExposed, corsOrigin, preflightHeaders } from './access/cors.ts';
import { toRefusal } from './refusals/envelope.ts';
import { inTurn } from './connections/in-turn.ts';
import type { DescribeUnknownPath } from './refusals/unknown-path.ts';
import type { SlowWrongKeys } from './access/wrong-keys.ts';
import { recordPaths } from './refusals/known-paths.ts';
import { createLimitedServer } from './connections/limited-server.ts';
import { createMalformedAnswer } from './connections/malformed-request.ts';
import { refuseOauth } from './access/mcp-challenge.ts';
import type { Tracer } from '../core/tracer.ts';
import { traceRequests } from './route/trace-requests.ts';
import type { Emit } from '../core/events.ts';
import type { ForeignCheck } from './links/own-hosts.ts';
import { type ArrivalError, refuseExpectation, refuseHostless } from './connections/refused-on-arrival.ts';
import type { StatusFastPath } from './status/status-fast-path.ts';
import { createRequestCounts, type RequestCounts } from './route/request-counts.ts';
import { endUnreadChunks, untilRead } from './body/unread-body.ts';

/** Function that adds routes to the application. */
export type Face = (app: FastifyInstance, answers: Answers) => void;

export interface AppParts {
  statusFastPath: StatusFastPath;
  /** Judges every request first; set where the server runs without keys. */
  foreign?: ForeignCheck;
  callerAddress: CallerAddress;
  /** Refuses those who guess keys; none where the server asks for no keys. */
  slowWrongKeys?: SlowWrongKeys;
  /** Prefix of every path that a proxy removes, without a slash at its end; default: none. */
  publicPath?: () => string;
  /** Gives the sentences about a path at which there is nothing; default: what was probably meant. */
  describeUnknownPath?: DescribeUnknownPath;
  /** Gives the target of a request as the routes have it, of clients that write it otherwise; default: as it came. */
  rewriteTarget?: (url: string, headers: IncomingHttpHeaders) => string;
  faces: readonly Face[];
  /** Counts what is answered, but for what the fast path answers; default: counts that nobody reads. */
  requests?: RequestCounts;
  /** Absent where no traces are kept. */
  tracer?: Tracer | undefined;
  emit: Emit;
}

/** Stands where fastify would load its compilers of schemas, which took a fifth of a start: no route has such a schema. */
const noCompiler = () => {
  throw new Error('Routes are checked by their declarations, and not by schemas of fastify.');
};

export function createApp(parts: AppParts): FastifyInstance {
  const { callerAddress, slowWrongKeys, publicPath = () => '', describeUnknownPath, faces, emit } = parts;
  const { rewriteTarget = (url) => url, requests = createRequestCounts() } = parts;
  const newRequestId = requestIds();
  /** Calls within the process are not judged, as the request that they serve has been. */
  const refusedOnArrival = new WeakMap<IncomingMessage, ArrivalError>();
  const app = fastify({
    requestIdHeader: false,
    genReqId: newRequestId,
    clientErrorHandler: createMalformedAnswer(newRequestId, requests),
    serverFactory: (handler) => createServer(parts, refusedOnArrival, handler),
    // A client behind a proxy may send the whole URL as its request target.
    rewriteUrl: ({ url = '/', headers }) =>
      rewriteTarget(url.replace(/^https?:\/\/[^/?#]*/i, '') || '/', headers),
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 500 },
    forceCloseConnections: 'idle',
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    frameworkErrors(_error, request, reply) {
      // No hook sees these.
      reply.raw.once('finish', () => requests.note(request.method, undefined, reply.statusCode, 0));
      setCommonHeaders(request, reply);
      const refused = refusedOnArrival.get(request.raw);
      answers.unreadable(
        request,
        reply,
        refused === undefined ? badTarget(request.id) : answers.refuse(request, reply, refused),
      );
    },
  });
  const answers = createAnswers({
    callerAddress,
    paths: recordPaths(app),
    publicPath,
    describeUnknownPath,
    slowWrongKeys,
    emit,
  });

  leaveBodies(app);
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method === 'OPTIONS' && !refusedOnArrival.has(request.raw)) {
      reply.code(204).headers(preflightHeaders).header('X-Request-Id', request.id).send();
      return;
    }
    setCommonHeaders(request, reply);
    done(refusedOnArrival.get(request.raw));
  });
  if (parts.tracer !== undefined) traceRequests(app, parts.tracer);
  app.addHook('onSend', sendUntilRead);
  countAnswers(app, requests);
  app.setErrorHandler((error, request, reply) => {
    answers.failure(request, reply, answers.refuse(request, reply, error));
  });
  app.setNotFoundHandler((request, reply) => {
    if (!refuseOauth(request, reply, answers))
      answers.failure(request, reply, answers.noRoute(request, reply));
  });
  for (const face of faces) face(app, answers);
  return app;
}

/** Creates the server before the framework. It judges each request, and answers plain status queries itself. */
function createServer(
  { statusFastPath, foreign }: Pick<AppParts, 'statusFastPath' | 'foreign'>,
  refusedOnArrival: WeakMap<IncomingMessage, ArrivalError>,
  handler: RequestListener,
): Server {
  const serve = inTurn((request, response) => {
    markStart(request);
    endUnreadChunks(request, response);
    handler(request, response);
  });
  const server = createLimitedServer((request, response) => {
    takeOtherHeaders(request.headers);
    const refused = refuseHostless(request) ?? foreign?.(request) ?? null;
    if (refused !== null) refusedOnArrival.set(request, refused);
    else if (statusFastPath(request, response)) return;
    serve(request, response);
  });
  return server.on('checkExpectation', (request, response) => {
    refusedOnArrival.set(request, refuseExpectation());
    serve(request, response);
  });
}

/** Disables fastify's reading of bodies. Handlers read them, as clients send JSON under many content types, and under invalid ones. */
function leaveBodies(app: FastifyInstance): void {
  for (const method of app.supportedMethods)
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
}

/** Has answers end when the rest of a body that is too large has been read for long enough: the connection is closed with them. */
const sendUntilRead: onSendHookHandler = (request, reply, payload, done) => {
  if (typeof payload !== 'string') return done(null, payload);
  const whole = untilRead(request.raw, payload);
  if (whole !== payload) reply.header('Content-Length', Buffer.byteLength(payload));
  done(null, whole);
};

function countAnswers(app: FastifyInstance, requests: RequestCounts): void {
  app.addHook('onResponse', (request, reply, done) => {
    const url = request.is404 ? undefined : request.routeOptions.url;
    requests.note(request.method, url, reply.statusCode, reply.elapsedTime);
    done();
  });
}

function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply
    .header(...corsOrigin)
    .header(...corsExposed)
    .header('X-Request-Id', request.id);
}

function requestIds(): () => string {
  const start = randomBytes(4).toString('hex');
  let last = 0;
  return () => `req_${start}_${(++last).toString(36)}`;
}

function badTarget(requestId: string) {
  return toRefusal(
    new RequestError('invalid_request', 'The request’s target is not a valid path.'),
    requestId,
  );
}
