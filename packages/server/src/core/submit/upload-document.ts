// Upload of a file that is no picture, such as the requests of a batch. It is stored as it came, and read when it is used.

import { hash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { newTaskId } from '../../lib/ids.ts';
import type { Caller } from '../keys/keys.ts';
import type { StoredBytes } from '../limits/stored-bytes.ts';
import type { DiskRoom } from '../pictures/disk-room.ts';
import { type FileStore, type UploadedFile, uploadsFolder } from '../pictures/file-store.ts';
import type { PictureStore } from '../pictures/picture-store.ts';
import { admitBytes, refusedWhenFull } from './store-bytes.ts';

export interface Document {
  bytes: Uint8Array;
  fileName: string;
  contentType: string;
  /** Purpose under which it is found. */
  purpose: string;
  /** Id that was given out before the file came: a repeat of the upload finds the file that is there. */
  id?: string;
  lifetimeSeconds: number;
}

/** Stores a file; resolves when record and bytes are durable. Throws `RequestError` (`overloaded`, `rate_limited`). */
export type UploadDocument = (
  caller: Pick<Caller, 'keyId' | 'limited'>,
  document: Document,
) => Promise<UploadedFile>;

export function createUploadDocument({
  store,
  pictures,
  disk,
  storedBytes,
  clock,
}: {
  store: Pick<FileStore, 'insertFile'>;
  pictures: Pick<PictureStore, 'put' | 'touch'>;
  disk: Pick<DiskRoom, 'hasRoom'>;
  storedBytes: StoredBytes;
  clock: Clock;
}): UploadDocument {
  return async (caller, { bytes, fileName, contentType, purpose, lifetimeSeconds, id = newTaskId() }) => {
    await admitBytes({ disk, storedBytes }, caller);
    const sha256 = hash('sha256', bytes);
    const key = `${uploadsFolder}/${sha256.slice(0, 2)}/${sha256}`;
    try {
      if (!(await pictures.touch(key))) await pictures.put(key, bytes);
    } catch (error) {
      throw refusedWhenFull(error);
    }
    const createdAt = clock.now();
    const file: UploadedFile = {
      id,
      keyId: caller.keyId,
      key,
      fileName,
      content_type: contentType,
      width: 0,
      height: 0,
      bytes: bytes.length,
      sha256,
      createdAt,
      expiresAt: createdAt + lifetimeSeconds * 1000,
    };
    if (await store.insertFile(file, purpose)) storedBytes.add(caller, file.bytes);
    return file;
  };
}
