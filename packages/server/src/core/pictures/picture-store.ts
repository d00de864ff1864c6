// The port to where picture bytes lie. Keys are relative paths made by this server, never by a user.

import type { Readable } from 'node:stream';
import type { InputLimits } from '../models/capabilities.ts';
import type { ImageDetails, StoredInput, TaskInput } from '../tasks/task.ts';
import type { Picture } from '../upstreams/upstream.ts';

/** A byte range, both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** A stored picture in a listing. */
export interface StoredFile {
  key: string;
  bytes: number;
  /** Unix time in milliseconds by the store's clock, rounded down to a second on S3. */
  modifiedAt: number;
}

/** Demands on a link that a store makes of its own. */
export interface StoreLink {
  /** Unix seconds. The store may let the link end sooner: S3 after 7 days. */
  expiresAt: number;
  /** ASCII without quotes. */
  fileName: string;
  contentType: string;
}

/** A key that is not a plain relative path, or lies in `tmp/`, is a bug: every method throws a `TypeError`. */
export interface PictureStore {
  /**
   * Stores the bytes. When the promise resolves they survive a crash; before, the key does not exist, or holds what it
   * held. Many may put the same key: one of them is there in the end, whole. Where there is no room it rejects with an
   * error whose `code` is the file system's, or whose `storeFull` is true.
   */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Size in bytes, or `null` when there is no such picture. */
  size(key: string): Promise<number | null>;
  /** Streams the bytes, or a range of them. Without such a key the stream fails. */
  read(key: string, range?: ByteRange): Readable;
  /** Resolves also when there is none. After a power cut the picture may be there again. */
  delete(key: string): Promise<void>;
  /**
   * Every key below a prefix such as `results/`, or all for the empty one, in no order. Others may write and delete
   * meanwhile: what is there all the time is listed, what comes or goes may be.
   */
  list(prefix: string): AsyncIterable<StoredFile>;
  /** Makes its `modifiedAt` now, so that a sweep by age leaves it; `false` when there is none. */
  touch(key: string): Promise<boolean>;
  /** A link of the store's own that needs no key. Absent where this server has to serve the bytes. */
  linkTo?(key: string, link: StoreLink): Promise<string>;
}

/**
 * Looks at bytes and says what picture they are; throws `TaskError` (`input_unreachable`) when they are none that is taken.
 * Its `message` is for who sent an input; its `whatCame` says what the bytes are, for a sentence about a result. `owner` is the
 * key that waits for it: where many wait, turns go round the owners. So it is below. Rejects with the signal's reason where work is ended
 * for it. `known` is what an earlier look found: bytes that are still those are not decoded again, which would take seconds.
 */
export type InspectPicture = (
  bytes: Uint8Array,
  owner?: string,
  signal?: AbortSignal,
  known?: ImageDetails,
) => Promise<ImageDetails>;

/** The input pictures of a task as upstreams get them, in their order, and a sentence for whatever was lost on the way. */
export interface LoadedInputs {
  pictures: Picture[];
  warnings: string[];
}

/** Brings the pictures of a task into memory, checked and prepared. Throws `TaskError` (`input_unreachable`) with the reason. */
export type LoadInputs = (
  inputs: TaskInput[],
  signal: AbortSignal,
  onFetched: OnFetched,
  owner?: string,
) => Promise<LoadedInputs>;

/**
 * Told of every link that was fetched, by its place: `kept` resolves with the input to take instead once its bytes are
 * stored, and rejects when they can't be. The loading waits for neither: whoever is told does.
 */
export type OnFetched = (index: number, kept: Promise<TaskInput>) => void;

/** How a picture was made. */
export interface PictureLabel {
  prompt: string;
  /** As the task names it. */
  model: string;
  taskId: string;
}

/**
 * The picture with that in its metadata, its pixels as they were to the bit. The very same object where it has metadata
 * of that kind, where its bytes are signed, where its type has no place for them, and for bytes that are no picture.
 */
export type LabelPicture = (bytes: Uint8Array, label: PictureLabel) => Promise<Uint8Array>;

/**
 * Fits input pictures into limits: those beyond them are made smaller, with a sentence for each; those within are not
 * touched. Asked again for the same array and equal limits, it answers at once. Throws `TaskError`, and the signal's
 * reason.
 */
export type FitInputs = (
  pictures: Picture[],
  limits: InputLimits,
  context: { model: string; signal: AbortSignal; owner?: string },
) => Promise<LoadedInputs>;

/**
 * Keeps a picture that came with a request. Throws `TaskError` (`input_unreachable`) when the bytes are no picture that is taken, and
 * the signal's reason where nobody waits any more before they are decoded.
 */
export type StoreInput = (
  bytes: Uint8Array,
  owner?: string,
  signal?: AbortSignal,
) => Promise<Required<StoredInput>>;
