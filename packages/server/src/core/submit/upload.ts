// Upload of a picture that its user wants to use as an input, perhaps many times. It is inspected, and stored until it expires.

import type { Clock } from '../../lib/clock.ts';
import { extensionOf } from '../../lib/content-types.ts';
import { newTaskId } from '../../lib/ids.ts';
import { RequestError } from '../errors.ts';
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
 * `overloaded`, `conflict`).
 */
export type Upload = (
  upload: {
    caller: Pick<Caller, 'keyId' | 'limited'>;
    source: UploadSource;
    lifetimeSeconds: number;
    /** Name that was given out before the picture came; an upload under the name of another file is a `conflict`. */
    named?: Pick<UploadedFile, 'id' | 'fileName'>;
  },
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
  store: Pick<FileStore, 'insertFile' | 'findFile'>;
  storeInput: StoreInput;
  resolveOwnLink: ResolveOwnLink;
  storeLink: StoreLink;
  disk: Pick<DiskRoom, 'hasRoom'>;
  storedBytes: StoredBytes;
  clock: Clock;
}): Upload {
  return async ({ caller, source, lifetimeSeconds, named }, signal) => {
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
      id: named?.id ?? newTaskId(),
      keyId,
      key,
      fileName: named?.fileName ?? `input.${extensionOf(details.content_type) ?? 'bin'}`,
      createdAt,
      expiresAt: createdAt + lifetimeSeconds * 1000,
    };
    if (!(await store.insertFile(file))) return await sameFile(store, file);
    storedBytes.add(caller, file.bytes);
    return file;
  };
}

/** Gives the file that is there under this name already. Rejects with `RequestError` (`conflict`) where it has another picture. */
async function sameFile(store: Pick<FileStore, 'findFile'>, file: UploadedFile): Promise<UploadedFile> {
  const there = await store.findFile(file.id, file.createdAt);
  if (there?.sha256 === file.sha256 && there.keyId === file.keyId) return there;
  throw new RequestError('conflict', 'Another picture was uploaded here before.');
}
