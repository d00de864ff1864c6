// Upload of a picture that its user wants to use as an input, perhaps many times. It is inspected, and stored until it expires.

import type { Clock } from '../../lib/clock.ts';
import { extensionOf } from '../../lib/content-types.ts';
import { newTaskId } from '../../lib/ids.ts';
import type { Caller } from '../keys/keys.ts';
import type { StoredBytes } from '../limits/stored-bytes.ts';
import type { DiskRoom } from '../pictures/disk-room.ts';
import type { FileStore, UploadedFile } from '../pictures/file-store.ts';
import { storeBytes, noRoom } from './store-bytes.ts';
import type { StoreLink } from './store-link.ts';
import { resolveOwnAt, type ResolveOwnLink } from './own-link.ts';
import type { StoreInput } from '../pictures/inputs.ts';

/** Picture as it was sent. `path` is the member of the request that it came in. */
export type UploadSource = { path: string; bytes: Uint8Array } | { path: string; url: string };

/**
 * Stores an uploaded picture; resolves when record and bytes are durable. Throws `RequestError` (`input_unreachable`, `too_large`,
 * `overloaded`).
 */
export type Upload = (
  upload: { caller: Pick<Caller, 'keyId' | 'limited'>; source: UploadSource; lifetimeSeconds: number },
  signal: AbortSignal,
) => Promise<UploadedFile>;

export function createUpload({
  store,
  storeInput,
  resolveOwnLink,
  storeLink,
  disk,
  storedBytes,
  clock,
}: {
  store: Pick<FileStore, 'insertFile'>;
  storeInput: StoreInput;
  resolveOwnLink: ResolveOwnLink;
  storeLink: StoreLink;
  disk: Pick<DiskRoom, 'hasRoom'>;
  storedBytes: StoredBytes;
  clock: Clock;
}): Upload {
  return async ({ caller, source, lifetimeSeconds }, signal) => {
    const { keyId } = caller;
    if (!disk.hasRoom()) throw noRoom();
    await storedBytes.check(caller);
    const { key, details } =
      'bytes' in source
        ? await storeBytes(storeInput, { ...source, owner: keyId }, signal)
        : ((await resolveOwnAt(resolveOwnLink, source)) ??
          (await storeLink({ ...source, owner: keyId }, signal)));
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
    storedBytes.add(caller, file.bytes);
    return file;
  };
}
