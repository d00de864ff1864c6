// Result pictures behind signed links: no key is asked for, the signature in the link is the right to read.
// The signature does not cover the rest of the query string, by which a smaller size or another format is asked for.

import { RequestError } from '../../../core/errors.ts';
import type { PictureStore } from '../../../core/pictures/picture-store.ts';
import type { RenderPicture } from '../../../core/pictures/renditions.ts';
import type { Clock } from '../../../lib/clock.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import { signedLink } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { inQuery } from '../../openapi/parameters.ts';
import { chooseFile, sendFile } from '../../pictures/send-picture.ts';
import { inPath, queryAsGiven, sent } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { filePath, type FindLinked } from '../../views/linked-pictures.ts';
import { conditions, describeRendition, pictureAnswers } from './picture-forms.ts';

const gone = 'This link has expired, or the picture was deleted.';

export const linkedRoutes = {
  getLinked: route({
    method: 'get',
    path: '/files/{id}/{name}',
    tag: 'Pictures',
    summary: 'A picture behind a signed link, which is the right to read it',
    description: 'Links are given out whole, in data.images[].url and in an upload’s file.',
    access: signedLink(({ id = '', name = '' }) => filePath(id, name), gone),
    params: {
      id: inPath('A task’s or a file’s id', answerExamples.Task.task_id),
      name: inPath('The file’s name', 'output.png'),
    },
    query: queryAsGiven(() => [
      ...inQuery({
        e: { type: 'string', description: 'When the link ends, Unix seconds' },
        token: { type: 'string', description: 'The signature' },
      }),
      ...describeRendition(),
    ]),
    headers: conditions,
    answers: sent({
      ...pictureAnswers,
      302: {
        description: 'The store’s own link, where the server is set to send readers on',
        headers: { Location: { schema: { type: 'string' } } },
      },
    }),
    refusals: ['invalid_request', 'not_found', 'overloaded', 'internal'],
    // The framework's own answer to HEAD says that the picture has no bytes.
    alsoServes: ['HEAD'],
  }),
};

export interface FilesParts {
  serve: Serve;
  find: FindLinked;
  pictures: PictureStore;
  render: RenderPicture;
  /** Sends readers on to the store's own links, where it can make any; not for renditions. */
  redirect: boolean;
  clock: Clock;
}

export function filesFace({ serve, find, pictures, render, redirect, clock }: FilesParts): Face {
  return serve(linkedRoutes, {
    async getLinked({ params: { id, name }, query, request, reply }) {
      const picture = await find(id, name);
      if (picture === null) throw new RequestError('not_found', gone);
      const file = await chooseFile(picture, { query, owner: picture.keyId, pictures, render });
      const expiresAt = Number(query['e']);
      const expiresIn = Math.max(0, expiresAt - unixSeconds(clock.now()));
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
}
