// Ports for the inputs of tasks: storing pictures that come with a request, fetching links, loading pictures for a call, and fitting them
// to the limits of an upstream.

import type { InputLimits } from '../models/capabilities.ts';
import type { StoredInput, TaskInput } from '../tasks/task.ts';
import type { Picture } from '../upstreams/upstream.ts';

export interface FetchedBytes {
  bytes: Uint8Array;
  /** Content type by the server's header; it may be wrong. */
  contentType?: string;
}

/**
 * Fetches the bytes behind a URL. Throws `TaskError` (`input_unreachable`), whose message names the host of the given URL and nothing
 * of where it was redirected to; when the signal aborts, rejects with the signal's reason. `onReceived` gets the length in bytes of each
 * piece as it arrives, and of each that is decompressed from it.
 */
export type GuardedFetch = (
  url: string,
  signal: AbortSignal,
  onReceived?: (bytes: number) => void,
) => Promise<FetchedBytes>;

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
