// A `fetch` that leads back into this application without a connection: for what speaks the API on a caller's behalf.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';

export interface InProcessCaller {
  /** Where the caller's own request came from, so that it counts as theirs. */
  remoteAddress: string;
  forwardedFor: string | undefined;
}

type InProcessFetch = (url: string, init?: RequestInit) => Promise<Response>;

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** Takes URLs that begin with `publicUrl`, and no others. Where a picture lies in a bucket, the redirect to it is followed. */
export function createInProcessFetch(
  app: FastifyInstance,
  publicUrl: string,
  { remoteAddress, forwardedFor }: InProcessCaller,
): InProcessFetch {
  return async (url, init) => {
    if (!url.startsWith(`${publicUrl}/`)) throw new TypeError('This URL is not one of this server’s.');
    // As fetch would send it: with the type and the boundary of a form, for one.
    const request = new Request(url, init);
    const body = Buffer.from(await request.arrayBuffer());
    const answer = await app.inject({
      method: request.method,
      url: url.slice(publicUrl.length),
      headers: {
        ...Object.fromEntries(request.headers),
        ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
      },
      remoteAddress,
      payloadAsStream: true,
      ...(body.length === 0 ? {} : { payload: body }),
      ...(init?.signal ? { signal: init.signal } : {}),
    });
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
