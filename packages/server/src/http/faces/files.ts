// Result pictures behind signed links: no key is asked for, the signature in the link is the right to read.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import type { PictureStore } from '../../core/picture-store.ts';
import type { StoredPicture } from '../../core/task.ts';
import type { TaskStore } from '../../core/task-store.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Face } from '../app.ts';
import { parseRange } from '../byte-range.ts';

export interface FilesParts {
  store: Pick<TaskStore, 'find'>;
  pictures: PictureStore;
  /** Sends readers on to the store's own links, where it can make any. */
  redirect: boolean;
  /** Judges the signature over `path` in a parsed query string. */
  verifyLink: (
    path: string,
    query: { e?: unknown; token?: unknown },
    nowSeconds: number,
  ) => 'valid' | 'expired' | 'invalid';
  clock: Clock;
}

/** The path of a picture's link, without its signature. */
export function filePath(taskId: string, fileName: string): string {
  return `/files/${taskId}/${fileName}`;
}

export function filesFace({ store, pictures, redirect, verifyLink, clock }: FilesParts): Face {
  return (app) => {
    app.route<{ Params: { id: string; name: string }; Querystring: { e?: unknown; token?: unknown } }>({
      // Both by hand: the HEAD route that the framework would add says that the picture has no bytes.
      method: ['GET', 'HEAD'],
      url: '/files/:id/:name',
      async handler(request, reply) {
        const { id, name } = request.params;
        const now = Math.floor(clock.now() / 1000);
        const verdict = verifyLink(filePath(id, name), request.query, now);
        if (verdict === 'invalid')
          throw new RequestError('forbidden', 'This link is not complete, or was not made by this server.');
        const picture = store.find(id)?.result?.pictures.find(({ fileName }) => fileName === name);
        const size = picture === undefined ? null : await pictures.size(picture.key);
        if (verdict === 'expired' || picture === undefined || size === null)
          throw new RequestError('not_found', 'This link has expired, or the picture was deleted.');
        const expiresAt = Number(request.query.e);
        const expiresIn = Math.max(0, expiresAt - now);
        if (redirect && pictures.linkTo !== undefined) {
          const { key, fileName, content_type: contentType } = picture;
          const link = await pictures.linkTo(key, { expiresAt, fileName, contentType });
          return reply.header('Cache-Control', 'no-store').redirect(link, 302);
        }
        reply.header('Cache-Control', `private, max-age=${expiresIn}, immutable`);
        return sendPicture(request, reply, { picture, size, pictures });
      },
    });
  };
}

function sendPicture(
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
