// Keeps the pictures that arrive inside a request (data: URIs, uploaded files), by their content: the same one is kept once.

import type { InspectPicture, PictureStore, StoreInput } from '../core/picture-store.ts';

/** Checks the bytes and stores them under `inputs/<first two hex digits>/<sha256>`. Throws as `inspect` and `put` do. */
export function createInputKeeper(parts: { store: PictureStore; inspect: InspectPicture }): StoreInput {
  const { store, inspect } = parts;
  return async (bytes) => {
    const { sha256 } = await inspect(bytes);
    const key = `inputs/${sha256.slice(0, 2)}/${sha256}`;
    // What is there already is made young again, lest it be taken for old while the new task waits.
    if (!(await store.touch(key))) await store.put(key, bytes);
    return { kind: 'stored', key };
  };
}
