// Keeps picture bytes that came with a request, and tells whoever sent them why when they can't be kept.

import { RequestError, TaskError } from './errors.ts';
import type { StoreInput } from './picture-store.ts';

/** `path` names the member that the bytes came in. Throws `RequestError` (`overloaded`, `input_unreachable`). */
export async function keepBytes(
  storeInput: StoreInput,
  { path, bytes }: { path: string; bytes: Uint8Array },
): ReturnType<StoreInput> {
  try {
    return await storeInput(bytes);
  } catch (error) {
    if (isDiskFull(error)) throw noRoom(error);
    throw unusable(path, error);
  }
}

/** The refusal of a picture, for a `TaskError` that says what is wrong with it; anything else is given back as it is. */
export function unusable(path: string, error: unknown): unknown {
  if (!(error instanceof TaskError)) return error;
  const { message } = error.failure;
  return new RequestError('input_unreachable', `${path}: ${message}`, {
    details: [{ path, message }],
    cause: error,
  });
}

export function noRoom(cause?: unknown): RequestError {
  return new RequestError('overloaded', 'The server’s disk is full. Try again later.', {
    retryAfterSeconds: 60,
    cause,
  });
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
