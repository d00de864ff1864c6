// A `fetch` that calls this application without a connection, for the tools of /mcp, which use the API on a caller's behalf.

import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { TraceContext } from '../../core/tracer.ts';

export interface InProcessCaller {
  /** Address that the caller's own request came from. Each call made for the caller counts as coming from there. */
  remoteAddress: string;
  forwardedFor: string | undefined;
  /** Span of that request, which each call is a part of where it names none of its own. */
  span?: TraceContext | undefined;
}

/** Listener for calls with a body. From `begins` to `ends` the body is in memory more than once. */
export interface BodyWatch {
  begins(): void;
  ends(): void;
}

type InProcessFetch = (url: string, init?: RequestInit) => Promise<Response>;

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** Makes the `fetch`. It rejects URLs that do not begin with `publicUrl`, and follows the redirect to a picture in a bucket. */
export function createInProcessFetch(
  app: FastifyInstance,
  publicUrl: string,
  { remoteAddress, forwardedFor, span }: InProcessCaller,
  watch: BodyWatch = { begins() {}, ends() {} },
): InProcessFetch {
  return async (url, init) => {
    if (!url.startsWith(`${publicUrl}/`)) throw new TypeError('This URL is not one of this server’s.');
    const { method, headers: sent, body } = await toSend(url, init);
    const call = () =>
      app.inject({
        method,
        url: url.slice(publicUrl.length),
        headers: {
          ...(sent['traceparent'] === undefined ? span : {}),
          ...sent,
          ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
        },
        remoteAddress,
        payloadAsStream: true,
        ...(body === null ? {} : { payload: body }),
        ...(init?.signal ? { signal: init.signal } : {}),
      });
    if (body !== null) watch.begins();
    const answer = await call().finally(() => body !== null && watch.ends());
    const { statusCode: status, headers } = answer;
    const stream = answer.stream();
    if (status >= 300 && status < 400 && typeof headers['location'] === 'string') {
      stream.destroy();
      return await fetch(headers['location'], { signal: init?.signal ?? null });
    }
    const given = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    );
    if (withoutBody.has(status)) {
      stream.resume();
      return new Response(null, { status, headers: given });
    }
    return new Response(Readable.toWeb(stream) as ReadableStream, { status, headers: given });
  };
}

/**
 * Gives the request as `fetch` would send it, with the content type and the boundary of a form. Text stays text, since bytes
 * would be one more copy.
 */
async function toSend(url: string, init: RequestInit | undefined) {
  const text = typeof init?.body === 'string' ? init.body : null;
  const request = new Request(url, text === null ? init : { ...init, body: '' });
  const body = text ?? Buffer.from(await request.arrayBuffer());
  return {
    method: request.method,
    headers: Object.fromEntries(request.headers),
    body: body.length === 0 ? null : body,
  };
}
