// Upload of a picture that its user wants to use as an input, perhaps many times. It is inspected, and stored until it expires.

import { hash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { extensionOf } from '../../lib/content-types.ts';
import { newTaskId } from '../../lib/ids.ts';
import { RequestError } from '../errors.ts';
import type { Caller } from '../keys/keys.ts';
import type { StoredBytes } from '../limits/stored-bytes.ts';
import type { DiskRoom } from '../pictures/disk-room.ts';
import type { FileStore, UploadedFile } from '../pictures/file-store.ts';
import { admitBytes, storeBytes } from './store-bytes.ts';
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
    named?: Pick<UploadedFile, 'id'> & { fileName?: string };
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
    await admitBytes({ disk, storedBytes }, caller);
    // Before anything is stored: a link to upload is for one picture, however often it is used.
    const before = named && (await findNamed(store, { id: named.id, keyId, source, now: clock.now() }));
    if (before) return before;
    const { key, details } =
      'bytes' in source
        ? await storeBytes(storeInput, { ...source, owner: keyId }, signal)
        : ((await resolveOwnAt(resolveOwnLink, source)) ??
          (await storeLink({ ...source, owner: keyId, storeInput }, signal)));
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
    if (!(await store.insertFile(file))) return theSame(await store.findFile(file.id, createdAt), file);
    storedBytes.add(caller, file.bytes);
    return file;
  };
}

/** Finds the file of this name; `null` where there is none yet. Rejects with `RequestError` (`conflict`) where it has another picture. */
async function findNamed(
  store: Pick<FileStore, 'findFile'>,
  { id, keyId, source, now }: { id: string; keyId: string; source: UploadSource; now: number },
): Promise<UploadedFile | null> {
  const there = await store.findFile(id, now);
  if (there === null || !('bytes' in source)) return null;
  return theSame(there, { keyId, sha256: hash('sha256', source.bytes) });
}

/** Gives the file that is there. Throws `RequestError` (`conflict`) where it has another picture. */
function theSame(
  there: UploadedFile | null,
  { keyId, sha256 }: Pick<UploadedFile, 'keyId' | 'sha256'>,
): UploadedFile {
  if (there?.sha256 === sha256 && there.keyId === keyId) return there;
  throw new RequestError('conflict', 'Another picture was uploaded here before.');
}
