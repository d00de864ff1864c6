// Fetching and storing the picture behind a link while a request waits. Any number of requests may do so at once, so the bytes that
// they hold are counted as they arrive. A slow server's link reserves no memory before its bytes are here.

import { RequestError } from '../errors.ts';
import { storeBytes, unusable } from './store-bytes.ts';
import type { StoreInput } from '../pictures/inputs.ts';

/**
 * Fetches a link and stores its picture, as an input unless another `storeInput` is given. `path` is the member of the request that holds the link. Throws `RequestError`
 * (`input_unreachable`, `too_large`, `overloaded`).
 */
export type StoreLink = (
  link: { path: string; url: string; owner?: string; storeInput?: StoreInput },
  signal: AbortSignal,
) => ReturnType<StoreInput>;

export function createStoreLink({
  fetch,
  storeInput: storeAsInput,
  memoryBytes,
}: {
  /** Fetches a link, and reports the length of each piece as it arrives. Throws `TaskError`. */
  fetch: (
    url: string,
    signal: AbortSignal,
    onReceived: (bytes: number) => void,
  ) => Promise<{ bytes: Uint8Array }>;
  storeInput: StoreInput;
  /** Most bytes that all pictures being fetched and stored may hold together. */
  memoryBytes: number;
}): StoreLink {
  let held = 0;
  return async ({ path, url, storeInput = storeAsInput, ...whose }, signal) => {
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
