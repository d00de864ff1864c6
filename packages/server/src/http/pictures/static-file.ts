// A file of this server's own, sent to browsers: packed when it is first asked for, and not sent to those who have it.

import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { matchesTag } from '../status/entity-tags.ts';

export interface StaticFile {
  bytes: Uint8Array;
  contentType: string;
  /** Whether its name changes with its content, so that a browser need never ask for it again. */
  isImmutable: boolean;
  /** Headers of requests that the answer depends on, beside the coding. */
  vary?: string;
}

const pack = promisify(gzip);
const packedTypes: ReadonlySet<string> = new Set(['image/png', 'application/gzip']);
/** Below that, packing saves no packet. */
const minPackedBytes = 1_024;

/** Sends the file with headers that keep browsers from taking it for anything else. */
export function createStaticFile({ bytes, contentType, isImmutable, vary }: StaticFile) {
  const etag = `"${hash('sha256', bytes).slice(0, 20)}"`;
  const isPackable = bytes.length >= minPackedBytes && !packedTypes.has(contentType);
  let packed: Promise<Uint8Array> | undefined;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply
      .type(contentType)
      .header('ETag', etag)
      .header('Vary', vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding`)
      .header('Cache-Control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
      .header('X-Content-Type-Options', 'nosniff');
    if (matchesTag(request.headers['if-none-match'] ?? '', etag)) return reply.code(304).send();
    if (!isPackable || !/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(bytes);
    packed ??= pack(bytes, { level: 9 });
    return reply.header('Content-Encoding', 'gzip').send(await packed);
  };
}

/** A file that is made when it is first asked for: most servers are never asked. */
export function onDemand(make: () => Uint8Array | Promise<Uint8Array>, contentType: string) {
  let made: ReturnType<typeof createStaticFile> | undefined;
  return async (request: FastifyRequest, reply: FastifyReply) => {
    made ??= createStaticFile({ bytes: await make(), contentType, isImmutable: false });
    return made(request, reply);
  };
}
