// Keeps the pictures that arrive inside a request (data: URIs, uploaded files), those that were fetched, and results that are
// worked on further, by their content: the same one is kept once.

import { buffer } from 'node:stream/consumers';
import type { InspectPicture, PictureStore, StoreInput } from '../core/picture-store.ts';
import type { StoredPicture, TaskInput } from '../core/task.ts';

/** Checks the bytes and stores them under `inputs/<first two hex digits>/<sha256>`. Throws as `inspect` and `put` do. */
export function createInputKeeper(parts: { store: PictureStore; inspect: InspectPicture }): StoreInput {
  const { store, inspect } = parts;
  return async (bytes) => {
    const details = await inspect(bytes);
    return { ...(await keepChecked(store, details.sha256, async () => bytes)), details };
  };
}

/** Makes an input of a stored picture, which may be deleted before the task that works on it has run. Throws as the store does. */
export function keepAsInput(
  store: PictureStore,
  { key, sha256 }: Pick<StoredPicture, 'key' | 'sha256'>,
): Promise<TaskInput> {
  return keepChecked(store, sha256, () => buffer(store.read(key)));
}

/** Makes an input of a picture that was inspected: `read` gives its bytes, where they are not kept yet. Throws as both do. */
export async function keepChecked(
  store: PictureStore,
  sha256: string,
  read: () => Promise<Uint8Array>,
): Promise<TaskInput & { kind: 'stored' }> {
  const key = `inputs/${sha256.slice(0, 2)}/${sha256}`;
  // What is there already is made young again, lest it be taken for old while the new task waits.
  if (!(await store.touch(key))) await store.put(key, await read());
  return { kind: 'stored', key };
}
