// Fetches the picture behind a link while a request waits for it, and keeps it. There may be any number of such requests, so
// what they hold in memory is counted as it arrives: a slow server takes no room from the others.

import { RequestError } from '../errors.ts';
import { storeBytes, unusable } from './store-bytes.ts';
import type { StoreInput } from '../pictures/picture-store.ts';

/** `path` names the member that the link came in. Throws `RequestError` (`input_unreachable`, `too_large`, `overloaded`). */
export type StoreLink = (
  link: { path: string; url: string; owner?: string },
  signal: AbortSignal,
) => ReturnType<StoreInput>;

export function createStoreLink({
  fetch,
  storeInput,
  memoryBytes,
}: {
  /** Fetches a link that a user gave, and tells of every piece, by its length, as it arrives; throws `TaskError`. */
  fetch: (
    url: string,
    signal: AbortSignal,
    onReceived: (bytes: number) => void,
  ) => Promise<{ bytes: Uint8Array }>;
  storeInput: StoreInput;
  /** Maximum that all pictures hold together which are being fetched and stored. */
  memoryBytes: number;
}): StoreLink {
  let held = 0;
  return async ({ path, url, ...whose }, signal) => {
    const full = new AbortController();
    let size = 0;
    const count = (bytes: number) => {
      size += bytes;
      held += bytes;
      if (held > memoryBytes) full.abort(tooMuchAtOnce());
    };
    try {
      const { bytes } = await fetch(url, AbortSignal.any([signal, full.signal]), count);
      return await storeBytes(storeInput, { path, bytes, ...whose }, signal);
    } catch (error) {
      throw unusable(path, error);
    } finally {
      held -= size;
    }
  };
}

function tooMuchAtOnce(): RequestError {
  return new RequestError(
    'overloaded',
    'The server fetches as many pictures as it has room for. Try again in a moment.',
    { retryAfterSeconds: 5 },
  );
}
