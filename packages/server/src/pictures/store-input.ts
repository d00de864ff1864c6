// Keeps the pictures that arrive inside a request (data: URIs, uploaded files), those that were fetched, and results that are
// worked on further, by their content: the same one is kept once.

import { buffer } from 'node:stream/consumers';
import { inputsFolder } from '../core/pictures/picture-folders.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { StoreInput } from '../core/pictures/inputs.ts';
import type { InspectPicture } from '../core/pictures/picture-bytes.ts';
import type { ImageDetails, StoredInput, StoredPicture } from '../core/tasks/task.ts';

interface Place {
  store: PictureStore;
  /** Folder of the store. Default: that of inputs. */
  folder?: string;
}

/** Checks the bytes and stores them under `<folder>/<first two hex digits>/<sha256>`. Throws as `inspect` and `put` do. */
export function createStoreInput({ inspect, ...place }: Place & { inspect: InspectPicture }): StoreInput {
  return async (bytes, owner, signal) =>
    storeChecked(place, await inspect(bytes, owner, signal), async () => bytes);
}

/**
 * Makes an input of a stored picture, which may be deleted before the task that works on it has run; `null` where its file is lost. Throws
 * as the store does.
 */
export async function storeAsInput(
  place: Place,
  picture: StoredPicture,
): Promise<Required<StoredInput> | null> {
  const { key, width, height, content_type, bytes, sha256 } = picture;
  const details = { width, height, content_type, bytes, sha256 };
  const { store } = place;
  try {
    return await storeChecked(place, details, () => buffer(store.read(key)));
  } catch (error) {
    if ((await store.size(key)) === null) return null;
    throw error;
  }
}

/** Makes an input of a picture that was inspected: `read` gives its bytes, where they are not kept yet. Throws as both do. */
export async function storeChecked(
  { store, folder = inputsFolder }: Place,
  details: ImageDetails,
  read: () => Promise<Uint8Array>,
): Promise<Required<StoredInput>> {
  const { sha256 } = details;
  const key = `${folder}/${sha256.slice(0, 2)}/${sha256}`;
  // A file that is there already is made young again, lest it be taken for old while the new task waits.
  if (!(await store.touch(key))) await store.put(key, await read());
  return { kind: 'stored', key, details };
}
