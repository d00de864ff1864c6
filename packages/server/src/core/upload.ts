// Takes a picture that a user wants to use as an input, perhaps many times: checked, kept by its content, for a time.

import type { Clock } from '../lib/clock.ts';
import { extensionOf } from '../lib/content-types.ts';
import { newTaskId } from '../lib/ids.ts';
import type { DiskRoom } from './disk-room.ts';
import { RequestError } from './errors.ts';
import type { FileStore, UploadedFile } from './file-store.ts';
import { keepBytes, noRoom, unusable } from './keep-bytes.ts';
import type { StoreInput } from './picture-store.ts';

/** A picture as it came, with the path of the member it came in. */
export type UploadSource = { path: string; bytes: Uint8Array } | { path: string; url: string };

/** Resolves when file and bytes are durable. Throws `RequestError` (`input_unreachable`, `too_large`, `overloaded`). */
export type Upload = (
  upload: { keyId: string; source: UploadSource; lifetimeSeconds: number },
  signal: AbortSignal,
) => Promise<UploadedFile>;

export function createUpload({
  store,
  storeInput,
  fetch,
  disk,
  maxPictureBytes,
  clock,
}: {
  store: Pick<FileStore, 'insertFile'>;
  storeInput: StoreInput;
  /** Fetches a link that a user gave; throws `TaskError`. */
  fetch: (url: string, signal: AbortSignal) => Promise<{ bytes: Uint8Array }>;
  disk: Pick<DiskRoom, 'hasRoom'>;
  maxPictureBytes: number;
  clock: Clock;
}): Upload {
  async function bytesOf(source: UploadSource, signal: AbortSignal): Promise<Uint8Array> {
    if ('bytes' in source) return source.bytes;
    try {
      return (await fetch(source.url, signal)).bytes;
    } catch (error) {
      throw unusable(source.path, error);
    }
  }

  return async ({ keyId, source, lifetimeSeconds }, signal) => {
    if (!disk.hasRoom()) throw noRoom();
    const bytes = await bytesOf(source, signal);
    if (bytes.length > maxPictureBytes)
      throw new RequestError('too_large', `A picture may have ${maxPictureBytes} bytes at most.`);
    const { key, details } = await keepBytes(storeInput, { path: source.path, bytes });
    const createdAt = clock.now();
    const file: UploadedFile = {
      ...details,
      id: newTaskId(),
      keyId,
      key,
      fileName: `input.${extensionOf(details.content_type) ?? 'bin'}`,
      createdAt,
      expiresAt: createdAt + lifetimeSeconds * 1000,
    };
    await store.insertFile(file);
    return file;
  };
}
