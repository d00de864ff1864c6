// Port of uploaded files: pictures that users upload to use them as inputs, and files of another purpose, such as a batch. A record says who may use the file and until when; the
// bytes are in the picture store, under a key made from their content.

import type { ImageDetails } from '../tasks/task.ts';

/**
 * Folder of the picture store in which bytes are of files alone, and go with the last record that has them. A task that uses a file has a copy of its
 * own among the inputs.
 */
export const uploadsFolder = 'uploads';

export interface UploadedFile extends ImageDetails {
  /** UUIDv7. */
  id: string;
  /** Owning API key; no other one lists or deletes the file. */
  keyId: string;
  /** Key in the picture store. */
  key: string;
  fileName: string;
  /** Unix milliseconds. */
  createdAt: number;
  expiresAt: number;
}

export interface FileStore {
  /**
   * Stores a record; resolves when it is durable. False where there is one with its id, which stays. A picture has no purpose, and a file that has one is no picture.
   */
  insertFile(file: UploadedFile, purpose?: string): Promise<boolean>;
  /** Finds a file of this purpose, a picture where none is given; `null` where there is none or it has expired. */
  findFile(id: string, now: number, purpose?: string): Promise<UploadedFile | null>;
  /** Lists a key's files of this purpose, its pictures where none is given, that have not expired, newest first. */
  listFiles(options: {
    keyId: string;
    now: number;
    limit: number;
    purpose?: string;
  }): Promise<UploadedFile[]>;
  /** Deletes a file of this key, as all deletions of files do with a note that its bytes are to be deleted where they are of files alone; false when the key has no such file. */
  deleteFile(id: string, keyId: string): Promise<boolean>;
  /** Deletes up to `limit` files of this key, of whatever purpose, expired ones too; gives the number that was found, so that 0 means that none is left. */
  deleteFilesOfKey(keyId: string, limit: number): Promise<number>;
  deleteExpiredFiles(now: number): Promise<number>;
  /** True where a file that has not expired uses this key of the picture store. */
  isFileStored(key: string, now: number): Promise<boolean>;
}
