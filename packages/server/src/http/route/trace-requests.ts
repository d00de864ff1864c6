// Spans of requests. Those that only read have none: clients ask so often how their tasks are that nothing else could be seen. A path may
// hold a key or a token, so the span has the path of its route alone.

import type { FastifyInstance } from 'fastify';
import { traceContext, type Tracer } from '../../core/tracer.ts';
import { shownPath } from './router-path.ts';

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Adds the spans; each is a part of the one that the client names by its headers. To be called before the routes are added. */
export function traceRequests(app: FastifyInstance, tracer: Tracer): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url } = request.routeOptions;
    const { method, headers } = request;
    // A span that goes on here is of another request, which had this one begin when its turn was over.
    const parent = traceContext(headers['traceparent'], headers['tracestate']);
    if (url === undefined || reading.has(method)) return tracer.within(parent, done);
    const route = shownPath(url);
    const span = tracer.begin({
      name: `${method} ${route}`,
      kind: 'server',
      parent,
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'plantain.request': request.id,
      },
    });
    let isEnded = false;
    const end = () => {
      if (isEnded) return;
      isEnded = true;
      span.note({ 'http.response.status_code': reply.statusCode });
      if (reply.statusCode >= 500) span.fail(String(reply.statusCode));
      span.end();
    };
    // A client that goes away leaves an answer that is closed and was never finished.
    reply.raw.once('finish', end).once('close', end);
    span.during(done);
  });
}
