// Sends a stored picture: whole, a range of it, or the word that the reader has it already.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PictureStore } from '../core/picture-store.ts';
import type { StoredPicture } from '../core/task.ts';
import { parseRange } from './byte-range.ts';

/** `size` is what the store has of it. */
export function sendPicture(
  request: FastifyRequest,
  reply: FastifyReply,
  { picture, size, pictures }: { picture: StoredPicture; size: number; pictures: PictureStore },
) {
  const etag = `"${picture.sha256}"`;
  reply
    .type(picture.content_type)
    .header('ETag', etag)
    .header('Accept-Ranges', 'bytes')
    .header('Content-Disposition', `inline; filename="${picture.fileName}"`)
    // What is served comes from outside in part; a browser shall take it for the picture it is or for nothing.
    .header('X-Content-Type-Options', 'nosniff')
    .header('Content-Security-Policy', "default-src 'none'; sandbox")
    .header('Cross-Origin-Resource-Policy', 'cross-origin');
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
  const condition = request.headers['if-range'];
  const range =
    condition === undefined || condition === etag ? parseRange(request.headers.range, size) : 'none';
  if (range === 'unsatisfiable') return reply.code(416).header('Content-Range', `bytes */${size}`).send();
  if (range === 'none') reply.header('Content-Length', size);
  else
    reply
      .code(206)
      .header('Content-Length', range.end - range.start + 1)
      .header('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  if (request.method === 'HEAD') return reply.send();
  return reply.send(range === 'none' ? pictures.read(picture.key) : pictures.read(picture.key, range));
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return (
    ifNoneMatch !== undefined &&
    ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
  );
}
