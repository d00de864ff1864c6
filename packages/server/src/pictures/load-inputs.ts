// Brings the pictures of a task into memory: links are fetched, stored ones are read, and each is looked at.
// The first failure stops the rest, and names its input by the place in the request.

import { buffer } from 'node:stream/consumers';
import { addAbortSignal } from 'node:stream';
import { TaskError } from '../core/errors.ts';
import type { InspectPicture, LoadInputs, PictureStore } from '../core/picture-store.ts';
import type { TaskInput } from '../core/task.ts';
import type { Picture } from '../core/upstream.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { inputFailure } from './input-failure.ts';

const atOnce = 4;
const mebibyte = 1024 * 1024;

interface Dependencies {
  fetch: GuardedFetch;
  store: PictureStore;
  inspect: InspectPicture;
  /** For all inputs of one task together; 128 MiB unless given. */
  maxTotalBytes?: number;
}

/** Loads up to 4 inputs at a time and returns them in their order. */
export function createInputLoader(dependencies: Dependencies): LoadInputs {
  return async (inputs, signal) => {
    signal.throwIfAborted();
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const { maxTotalBytes = 128 * mebibyte } = dependencies;
    const budget = { maxTotalBytes, bytesLeft: maxTotalBytes };
    const pictures = new Map<number, Picture>();
    // The workers share one iterator, so each input is taken once.
    const waiting = inputs.entries();
    const work = async (): Promise<void> => {
      for (const [index, input] of waiting) {
        if (either.aborted) return;
        try {
          pictures.set(index, await loadOne(input, budget, dependencies, either));
        } catch (error) {
          stop.abort(atIndex(error, index));
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    either.throwIfAborted();
    return [...pictures].toSorted(([a], [b]) => a - b).map(([, picture]) => picture);
  };
}

async function loadOne(
  input: TaskInput,
  budget: { maxTotalBytes: number; bytesLeft: number },
  { fetch, store, inspect }: Dependencies,
  signal: AbortSignal,
): Promise<Picture> {
  const spend = (size: number): void => {
    budget.bytesLeft -= size;
    if (budget.bytesLeft < 0)
      throw inputFailure(
        `The pictures have more than ${budget.maxTotalBytes} bytes together. Send fewer or smaller ones.`,
      );
  };
  let bytes: Uint8Array;
  if (input.kind === 'url') {
    ({ bytes } = await fetch(input.url, signal));
    spend(bytes.length);
  } else {
    const size = await store.size(input.key);
    if (size === null)
      throw inputFailure('The picture that came with the request is no longer stored. Send it again.');
    spend(size);
    bytes = await buffer(addAbortSignal(signal, store.read(input.key)));
  }
  const { content_type: contentType, width, height } = await inspect(bytes);
  return { bytes, contentType, width, height };
}

function atIndex(error: unknown, index: number): unknown {
  if (!(error instanceof TaskError)) return error;
  const message = `image_urls[${index}]: ${error.failure.message}`;
  return new TaskError({ ...error.failure, message }, { cause: error });
}
