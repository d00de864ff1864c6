// Storing of picture bytes that came with a request or were fetched for it. Failures become refusals for the sender.

import { RequestError, TaskError } from '../errors.ts';
import type { Caller } from '../keys/keys.ts';
import type { StoredBytes } from '../limits/stored-bytes.ts';
import type { DiskRoom } from '../pictures/disk-room.ts';
import type { StoreInput } from '../pictures/inputs.ts';

export interface RoomParts {
  disk: Pick<DiskRoom, 'hasRoom'>;
  storedBytes: Pick<StoredBytes, 'check'>;
}

/** Admits bytes of a caller that are to be stored. Rejects with `RequestError`: `overloaded` where the disk is full, `rate_limited` by what the key may store. */
export async function admitBytes(
  { disk, storedBytes }: RoomParts,
  caller: Pick<Caller, 'limited'>,
): Promise<void> {
  if (!disk.hasRoom()) throw noRoom();
  await storedBytes.check(caller);
}

/**
 * Stores bytes as an input. `path` is the member of the request that they came in. Throws `RequestError` (`overloaded`,
 * `input_unreachable`, `too_large`), and the signal's reason.
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

/** Converts a `TaskError` about a picture into a refusal; returns any other error unchanged. */
export function unusable(path: string, error: unknown): unknown {
  if (!(error instanceof TaskError)) return error;
  const { message, tooLarge } = error.failure;
  return new RequestError(tooLarge ? 'too_large' : 'input_unreachable', `${path}: ${message}`, {
    details: [{ path, message }],
    cause: error,
  });
}

function noRoom(cause?: unknown): RequestError {
  return new RequestError('overloaded', 'The server can store nothing more at the moment. Try again later.', {
    retryAfterSeconds: 60,
    cause,
  });
}

/** Converts the error of a full store into a refusal; returns any other error unchanged. */
export function refusedWhenFull(error: unknown): unknown {
  return isFull(error) ? noRoom(error) : error;
}

/** Codes of a full disk, an exhausted quota, and a disk that has become read-only. A bucket sets `storeFull` instead. */
const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && fullCodes.has(error.code)) || ('storeFull' in error && error.storeFull === true);
}
