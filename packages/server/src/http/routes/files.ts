// Result pictures behind signed links: no key is asked for, the signature in the link is the right to read.
// What the query string asks for beside it, a smaller size or another format, is no part of what was signed.

import { RequestError } from '../../core/errors.ts';
import type { PictureStore } from '../../core/pictures/picture-store.ts';
import type { RenderPicture } from '../../core/pictures/renditions.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Face } from '../app.ts';
import { filePath, type FindLinked } from '../views/linked-pictures.ts';
import { chooseFile, sendFile } from '../pictures/send-picture.ts';

export interface FilesParts {
  find: FindLinked;
  pictures: PictureStore;
  render: RenderPicture;
  /** Sends readers on to the store's own links, where it can make any; not for renditions. */
  redirect: boolean;
  /** Judges the signature over `path` in a parsed query string. */
  verifyLink: (
    path: string,
    query: { e?: unknown; token?: unknown },
    nowSeconds: number,
  ) => 'valid' | 'expired' | 'invalid';
  clock: Clock;
}

export function filesFace({ find, pictures, render, redirect, verifyLink, clock }: FilesParts): Face {
  return (app) => {
    app.route<{ Params: { id: string; name: string }; Querystring: Record<string, unknown> }>({
      // Both by hand: the HEAD route that the framework would add says that the picture has no bytes.
      method: ['GET', 'HEAD'],
      url: '/files/:id/:name',
      async handler(request, reply) {
        const { id, name } = request.params;
        const { query } = request;
        const now = Math.floor(clock.now() / 1000);
        const verdict = verifyLink(filePath(id, name), query, now);
        if (verdict === 'invalid')
          throw new RequestError('forbidden', 'This link is not complete, or was not made by this server.');
        const picture = await find(id, name);
        if (verdict === 'expired' || picture === null)
          throw new RequestError('not_found', 'This link has expired, or the picture was deleted.');
        const file = await chooseFile(picture, { query, owner: picture.keyId, pictures, render });
        const expiresAt = Number(query['e']);
        const expiresIn = Math.max(0, expiresAt - now);
        // A rendition may be deleted long before such a link ends, and would be made again only here.
        if (redirect && pictures.linkTo !== undefined && file.key === picture.key) {
          const { key, fileName, contentType } = file;
          const link = await pictures.linkTo(key, { expiresAt, fileName, contentType });
          return reply.header('Cache-Control', 'no-store').redirect(link, 302);
        }
        const cacheControl = `private, max-age=${expiresIn}, immutable`;
        return sendFile(request, reply, { file, pictures, cacheControl });
      },
    });
  };
}
