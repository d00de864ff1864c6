// Files among the pictures of a request, by the addresses that uploads through this face are given.

import type { FileStore } from '../../../core/pictures/file-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import { filePath } from '../../views/linked-pictures.ts';
import type { ResolveFiles } from './submission-of.ts';

/** `files/ID`, or the address of a file of this face, whatever name the client has for the server. */
const ofFile =
  /^(?:https?:\/\/[^/?#]{1,300}(?:\/[^?#]{0,300})?\/gemini\/v1(?:beta)?\/)?files\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i;
const atGoogle = /^https:\/\/generativelanguage\.googleapis\.com\/[^?#]{0,100}files\//i;

/** `linkTo` makes a link to a path that works until then, Unix seconds. */
export function createResolveFiles({
  store,
  linkTo,
  clock,
}: {
  store: Pick<FileStore, 'findFile'>;
  linkTo: (path: string, expiresAt: number) => string;
  clock: Clock;
}): ResolveFiles {
  return async (keyId, pictures) =>
    await Promise.all(
      pictures.map(async ({ path, value }) => {
        const text = typeof value === 'string' && value.length <= 1_000 ? value.trim() : '';
        if (atGoogle.test(text))
          return {
            path,
            value: new Error('is a file at Google, which this server can’t read: upload it here'),
          };
        const id = ofFile.exec(text)?.[1]?.toLowerCase();
        if (id === undefined) return { path, value };
        const file = await store.findFile(id, clock.now());
        if (file?.keyId !== keyId)
          return { path, value: new Error('is no file of this key, or it has expired') };
        return { path, value: linkTo(filePath(file.id, file.fileName), unixSeconds(file.expiresAt)) };
      }),
    );
}
