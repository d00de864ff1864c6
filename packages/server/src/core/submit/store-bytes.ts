// Keeps picture bytes that came with a request or were fetched for it, and tells whoever sent them why when they can't be kept.

import { RequestError, TaskError } from '../errors.ts';
import type { StoreInput } from '../pictures/picture-store.ts';

/**
 * `path` names the member that the bytes came in. Throws `RequestError` (`overloaded`, `input_unreachable`, `too_large`), and the
 * signal's reason.
 */
export async function storeBytes(
  storeInput: StoreInput,
  { path, bytes, owner }: { path: string; bytes: Uint8Array; owner?: string },
  signal: AbortSignal,
): ReturnType<StoreInput> {
  try {
    return await storeInput(bytes, owner, signal);
  } catch (error) {
    throw unusable(path, refusedWhenFull(error));
  }
}

/** The refusal of a picture, for a `TaskError` that says what is wrong with it; anything else is given back as it is. */
export function unusable(path: string, error: unknown): unknown {
  if (!(error instanceof TaskError)) return error;
  const { message, tooLarge } = error.failure;
  return new RequestError(tooLarge ? 'too_large' : 'input_unreachable', `${path}: ${message}`, {
    details: [{ path, message }],
    cause: error,
  });
}

export function noRoom(cause?: unknown): RequestError {
  return new RequestError('overloaded', 'The server can store nothing more at the moment. Try again later.', {
    retryAfterSeconds: 60,
    cause,
  });
}

/** The refusal of whatever was to be stored, where the store has no room; any other error is given back as it is. */
export function refusedWhenFull(error: unknown): unknown {
  return isFull(error) ? noRoom(error) : error;
}

/** The disk is full, the user's share of it is, or it takes no writes any more; a bucket says it in its own words. */
const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && fullCodes.has(error.code)) || ('storeFull' in error && error.storeFull === true);
}
