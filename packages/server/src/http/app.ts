// The HTTP application: an ordinary fastify app behind the status query's fast path. It does not listen; main.ts owns that.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { RequestError } from '../core/errors.ts';
import { type Answers, createAnswers, markStart } from './answer.ts';
import type { CallerAddress } from './caller-address.ts';
import { corsOrigin, preflightHeaders } from './cors.ts';
import { toRefusal } from './envelope.ts';
import type { Log } from '../lib/log.ts';
import type { StatusFastPath } from './status-fast-path.ts';

/** Adds the routes of one face. */
export type Face = (app: FastifyInstance, answers: Answers) => void;

export interface AppParts {
  statusFastPath: StatusFastPath;
  callerAddress: CallerAddress;
  faces: readonly Face[];
  log: Log;
}

/** How long a client may take to send a whole request, and its headers. */
const requestTimeoutMs = 300_000;
const headersTimeoutMs = 30_000;
const keepAliveTimeoutMs = 75_000;

export function createApp({ statusFastPath, callerAddress, faces, log }: AppParts): FastifyInstance {
  const answers = createAnswers(callerAddress, log);
  const app = fastify({
    ...requestIds(),
    serverFactory(handler) {
      const server = createServer(
        { requestTimeout: requestTimeoutMs, headersTimeout: headersTimeoutMs },
        (request, response) => {
          if (statusFastPath(request, response)) return;
          markStart(request);
          handler(request, response);
        },
      );
      server.keepAliveTimeout = keepAliveTimeoutMs;
      return server;
    },
    // A client behind a proxy may send the whole URL as its request target.
    rewriteUrl: ({ url = '/' }) => url.replace(/^https?:\/\/[^/?#]*/i, '') || '/',
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 500 },
    forceCloseConnections: 'idle',
    frameworkErrors(_error, request, reply) {
      answers.failure(request, reply, badTarget(request.id));
    },
  });

  // Handlers read bodies themselves: clients send JSON under many names.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(...corsOrigin).header('X-Request-Id', request.id);
    if (request.method === 'OPTIONS') reply.code(204).headers(preflightHeaders).send();
    else done();
  });
  app.setErrorHandler((error, request, reply) => {
    answers.failure(request, reply, answers.refuse(request, reply, error));
  });
  const allowed = recordRoutes(app);
  app.setNotFoundHandler((request, reply) => {
    const methods = allowed(request.url);
    if (methods !== undefined) reply.header('Allow', methods);
    answers.failure(request, reply, notFound(request.id, methods));
  });
  for (const face of faces) face(app, answers);
  return app;
}

function requestIds(): Pick<FastifyServerOptions, 'genReqId' | 'requestIdHeader'> {
  const start = randomBytes(4).toString('hex');
  let last = 0;
  return { requestIdHeader: false, genReqId: () => `req_${start}_${(++last).toString(36)}` };
}

/** Remembers which methods each path has, for the answer to a wrong one. */
function recordRoutes(app: FastifyInstance): (url: string) => string | undefined {
  const routes: { pattern: RegExp; methods: Set<string> }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replaceAll(/[.]/g, '\\.').replaceAll(/:\w+/g, '[^/]+')}/*$`);
    const known = routes.find((route) => route.pattern.source === pattern.source);
    const methods = known?.methods ?? new Set<string>();
    for (const name of [method].flat()) methods.add(name);
    if (known === undefined) routes.push({ pattern, methods });
  });
  return (url) => {
    const path = url.split('?', 1)[0]?.replaceAll(/\/{2,}/g, '/') ?? '';
    const route = routes.find(({ pattern }) => pattern.test(path));
    return route === undefined ? undefined : [...route.methods, 'OPTIONS'].toSorted().join(', ');
  };
}

function notFound(requestId: string, methods: string | undefined) {
  if (methods === undefined)
    return toRefusal(
      new RequestError('not_found', 'There is nothing at this path. / says what is here.'),
      requestId,
    );
  const message = `This path takes ${methods} only.`;
  // The closed list of types has none of its own for a wrong method.
  return { ...toRefusal(new RequestError('invalid_request', message), requestId), status: 405 };
}

function badTarget(requestId: string) {
  return toRefusal(
    new RequestError('invalid_request', 'The request’s target is not a valid path.'),
    requestId,
  );
}
