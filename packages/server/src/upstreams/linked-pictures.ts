// Brings together the pictures of an answer, as many as are worth having: one was asked for, and an answer that lists
// thousands would keep this server busy and fill its memory.

import type { Download } from './download.ts';

/** A vendor gives one picture for a task, some models up to ten. */
export const mostPictures = 16;
/** All pictures of one answer together; the one that passes it is the last. 256 MiB. */
export const mostPictureBytes = 256 * 2 ** 20;

/**
 * The pictures behind the links, in their order, and a warning where some are left out. One is fetched after the other.
 * Throws as `download` does at the first that can't be fetched.
 */
export async function fetchPictures(
  links: readonly string[],
  { download, signal }: { download: Download; signal: AbortSignal },
): Promise<{ pictures: Uint8Array[]; warnings: string[] }> {
  const pictures: Uint8Array[] = [];
  let size = 0;
  for (const link of links.slice(0, mostPictures)) {
    if (size > mostPictureBytes) break;
    const picture = await download(link, signal);
    size += picture.length;
    pictures.push(picture);
  }
  return { pictures, warnings: missingPictures(links.length, pictures.length) };
}

/** The warning for pictures that an answer promised and that were not taken: too many, too large, damaged or not to be had. */
export function missingPictures(promised: number, taken: number): string[] {
  const missing = promised - taken;
  return missing === 0 ? [] : [`Of ${promised} pictures, ${missing} could not be taken.`];
}
