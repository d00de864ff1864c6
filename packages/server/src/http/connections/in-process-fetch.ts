// A `fetch` that leads back into this application without a connection: for what speaks the API on a caller's behalf.

import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';

export interface InProcessCaller {
  /** Where the caller's own request came from, so that it counts as theirs. */
  remoteAddress: string;
  forwardedFor: string | undefined;
}

/** Told when a call with a body begins and when it has been read: the body exists more than once then. */
export interface BodyWatch {
  begins(): void;
  ends(): void;
}

type InProcessFetch = (url: string, init?: RequestInit) => Promise<Response>;

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** Takes URLs that begin with `publicUrl`, and no others. Where a picture lies in a bucket, the redirect to it is followed. */
export function createInProcessFetch(
  app: FastifyInstance,
  publicUrl: string,
  { remoteAddress, forwardedFor }: InProcessCaller,
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

/** As fetch would send it: with the type and the boundary of a form, for one. Text is not made bytes here, which would be one copy more. */
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
