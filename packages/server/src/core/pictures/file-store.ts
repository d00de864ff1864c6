// The port to the pictures that users uploaded to use them as inputs. The bytes lie in the picture store, by their content;
// here is who may use them, and for how long.

import type { ImageDetails } from '../tasks/task.ts';

export interface UploadedFile extends ImageDetails {
  /** UUIDv7. */
  id: string;
  /** The API key that uploaded it; the only one that may see it in lists, or delete it. */
  keyId: string;
  /** Key in the picture store. */
  key: string;
  fileName: string;
  /** Unix milliseconds. */
  createdAt: number;
  expiresAt: number;
}

export interface FileStore {
  /** Resolves when it is durable. */
  insertFile(file: UploadedFile): Promise<void>;
  /** `null` also for one that has expired. */
  findFile(id: string, now: number): Promise<UploadedFile | null>;
  /** Newest first, without those that have expired. */
  listFiles(options: { keyId: string; now: number; limit: number }): Promise<UploadedFile[]>;
  /** False when this key has no such file. */
  deleteFile(id: string, keyId: string): Promise<boolean>;
  deleteExpiredFiles(now: number): Promise<number>;
  /** Whether a file that has not expired lies under this key of the picture store. */
  isFileStored(key: string, now: number): Promise<boolean>;
}
