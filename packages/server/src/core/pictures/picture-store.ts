// Port of the picture store, which holds the bytes of pictures. Keys are relative paths made by this server, never by a user.

import type { Readable } from 'node:stream';

/** Byte range, both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Picture in a listing of the store. */
export interface StoredFile {
  key: string;
  bytes: number;
  /** Unix time in milliseconds by the store's clock, rounded down to a second on S3. */
  modifiedAt: number;
}

export interface StoreLink {
  /** Unix seconds. The store may let the link end sooner: S3 after 7 days. */
  expiresAt: number;
  /** ASCII without quotes. */
  fileName: string;
  contentType: string;
}

/** Store of picture bytes. Every method throws a `TypeError` for a key that is no plain relative path or lies in `tmp/`: that is a bug. */
export interface PictureStore {
  /**
   * Stores the bytes under a key, whole or not at all; they survive a crash once the promise resolves. Of several calls for one key any
   * may win. Where there is no room it rejects with an error whose `code` is the file system's, or whose `storeFull` is true.
   */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Finds the size in bytes; `null` when there is no such picture. */
  size(key: string): Promise<number | null>;
  /** Streams the bytes, or a range of them. The stream fails when there is no such key. */
  read(key: string, range?: ByteRange): Readable;
  /** Deletes a picture; resolves also when there is none. After a power cut it may be there again. */
  delete(key: string): Promise<void>;
  /**
   * Lists the pictures below a prefix such as `results/`, or all for an empty one, in no order. Pictures that are written or deleted
   * during the listing may be in it or not.
   */
  list(prefix: string): AsyncIterable<StoredFile>;
  /** Sets `modifiedAt` to now, so that a sweep by age leaves the picture; false when there is none. */
  touch(key: string): Promise<boolean>;
  /** Makes a signed link of the store's own. Absent where this server has to serve the bytes. */
  linkTo?(key: string, link: StoreLink): Promise<string>;
}
