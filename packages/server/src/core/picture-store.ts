// The port to where picture bytes lie. Keys are relative paths made by this server, never by a user.

import type { Readable } from 'node:stream';
import type { ImageDetails, TaskInput } from './task.ts';
import type { Picture } from './upstream.ts';

/** A byte range, both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface PictureStore {
  /** Stores the bytes. When the promise resolves they survive a crash; before, the key does not exist. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Size in bytes, or `null` when there is no such picture. */
  size(key: string): Promise<number | null>;
  /** Streams the bytes, or a range of them. The key must exist. */
  read(key: string, range?: ByteRange): Readable;
}

/** Looks at bytes and says what picture they are; throws `TaskError` (`input_unreachable`) when they are none that is taken. */
export type InspectPicture = (bytes: Uint8Array) => Promise<ImageDetails>;

/** Brings the pictures of a task into memory, checked. Throws `TaskError` (`input_unreachable`) with the reason. */
export type LoadInputs = (inputs: TaskInput[], signal: AbortSignal) => Promise<Picture[]>;

/** Keeps a picture that came with a request. Throws `TaskError` (`input_unreachable`) when the bytes are no picture that is taken. */
export type StoreInput = (bytes: Uint8Array) => Promise<TaskInput>;
