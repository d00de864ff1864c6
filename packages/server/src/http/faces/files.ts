// Result pictures behind signed links: no key is asked for, the signature in the link is the right to read.

import { RequestError } from '../../core/errors.ts';
import type { PictureStore } from '../../core/picture-store.ts';
import type { TaskStore } from '../../core/task-store.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Face } from '../app.ts';
import { sendPicture } from '../send-picture.ts';

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
