// Port of the picture store, which holds the bytes of pictures. Keys are relative paths made by this server, never by a user.

import type { Readable } from 'node:stream';
import type { InputLimits } from '../models/capabilities.ts';
import type { ImageDetails, StoredInput, TaskInput } from '../tasks/task.ts';
import type { Picture } from '../upstreams/upstream.ts';

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

/** Options of a link that the store makes. */
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

/**
 * Inspects bytes and finds the type and measures of the picture. Throws `TaskError` (`input_unreachable`) when they are no picture that
 * the server accepts: `message` is for the sender of an input, `whatCame` for a sentence about a result. `owner` is the API key that
 * waits; owners take turns. Rejects with the signal's reason when it aborts. `known` are the details that an earlier inspection found:
 * bytes that still match them are not decoded again, which would take seconds.
 */
export type InspectPicture = (
  bytes: Uint8Array,
  owner?: string,
  signal?: AbortSignal,
  known?: ImageDetails,
) => Promise<ImageDetails>;

/** Input pictures of a task as an upstream gets them, in their order. Each warning is a sentence about something lost in preparing them. */
export interface LoadedInputs {
  pictures: Picture[];
  warnings: string[];
}

/** Loads the input pictures of a task into memory, inspected and prepared. Throws `TaskError` (`input_unreachable`). Owners take turns. */
export type LoadInputs = (
  inputs: TaskInput[],
  signal: AbortSignal,
  onFetched: OnFetched,
  owner?: string,
) => Promise<LoadedInputs>;

/**
 * Listener for links that were fetched. `index` is the position among the inputs. `stored` resolves with the stored input that replaces
 * the link, and rejects when its bytes can't be stored. The loading does not wait for it; the listener does.
 */
export type OnFetched = (index: number, stored: Promise<TaskInput>) => void;

/** Facts of how a picture was made, to be written into its metadata. */
export interface PictureLabel {
  prompt: string;
  /** Model by the name in the task. */
  model: string;
  taskId: string;
}

/**
 * Writes a label into the picture's metadata; the pixels are not touched. Returns the input itself where it has such metadata already,
 * where its bytes are signed, where its type has no field for it, and where it is no picture.
 */
export type LabelPicture = (bytes: Uint8Array, label: PictureLabel) => Promise<Uint8Array>;

/**
 * Makes pictures that exceed the limits smaller, with a warning for each; the others are not touched. A repeated call with the same array
 * and equal limits gives the earlier result. Throws `TaskError`, and the signal's reason. Owners take turns.
 */
export type FitInputs = (
  pictures: Picture[],
  limits: InputLimits,
  context: { model: string; signal: AbortSignal; owner?: string },
) => Promise<LoadedInputs>;

/**
 * Stores a picture that came with a request. Throws `TaskError` (`input_unreachable`) when the bytes are no picture that the server
 * accepts, and the signal's reason when it aborts before they are decoded. Owners take turns.
 */
export type StoreInput = (
  bytes: Uint8Array,
  owner?: string,
  signal?: AbortSignal,
) => Promise<Required<StoredInput>>;
