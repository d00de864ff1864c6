// Uploaded pictures as inputs: a link stands in the place of a file's id, and is resolved like every link of this server's.

import type { FileStore } from '../../../core/pictures/file-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import { filePath } from '../../views/linked-pictures.ts';

/** Files of a request that are looked up; no model takes as many pictures. */
export const maxFiles = 100;

/** Gives a link to the picture of a file, by its UUID; `null` where this key has no such picture, or it has expired. */
export type LinkToFile = (keyId: string, id: string) => Promise<string | null>;

/** `linkTo` makes a link to a path that works until then, Unix seconds. */
export function createLinkToFile({
  store,
  linkTo,
  clock,
}: {
  store: Pick<FileStore, 'findFile'>;
  linkTo: (path: string, expiresAt: number) => string;
  clock: Clock;
}): LinkToFile {
  return async (keyId, id) => {
    const file = await store.findFile(id, clock.now());
    if (file?.keyId !== keyId) return null;
    return linkTo(filePath(file.id, file.fileName), unixSeconds(file.expiresAt));
  };
}
