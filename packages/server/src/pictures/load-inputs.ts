// Brings the pictures of a task into memory: links are fetched, inspected and kept, stored ones are read, each is prepared.
// The first failure stops the rest, and names its input by the place in the request.

import { buffer } from 'node:stream/consumers';
import { addAbortSignal } from 'node:stream';
import { TaskError, inputFailure } from '../core/errors.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { LoadedInputs, LoadInputs, GuardedFetch } from '../core/pictures/inputs.ts';
import type { InspectPicture } from '../core/pictures/picture-bytes.ts';
import { inputPath, type TaskInput } from '../core/tasks/task.ts';
import type { PrepareInput } from './prepare-input.ts';
import { storeChecked } from './store-input.ts';

const atOnce = 4;
const mebibyte = 1024 * 1024;
/** The pixels of the largest square that any model makes; more shows up in no result. */
const limits = { maxPixels: 4096 * 4096 };

interface Dependencies {
  fetch: GuardedFetch;
  store: PictureStore;
  inspect: InspectPicture;
  prepare: PrepareInput;
  /** For all inputs of one task together; 128 MiB unless given. */
  maxTotalBytes?: number;
}

/** Loads up to 4 inputs at a time and returns them in their order. */
export function createInputLoader(dependencies: Dependencies): LoadInputs {
  return async (inputs, signal, onFetched, owner) => {
    signal.throwIfAborted();
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const { maxTotalBytes = 128 * mebibyte } = dependencies;
    const budget = { maxTotalBytes, bytesLeft: maxTotalBytes };
    const loaded = new Map<number, Loaded>();
    // The workers share one iterator, so each input is taken once.
    const waiting = inputs.entries();
    const work = async (): Promise<void> => {
      for (const [index, input] of waiting) {
        if (either.aborted) return;
        try {
          const name = input.role === 'mask' ? 'The mask' : `Input picture ${index + 1}`;
          const fetched = (kept: Promise<TaskInput>) => onFetched(index, kept);
          loaded.set(
            index,
            await loadOne(
              input,
              { name, budget, signal: either, ofAll: signal, fetched, owner },
              dependencies,
            ),
          );
        } catch (error) {
          stop.abort(atInput(error, input, index));
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    either.throwIfAborted();
    const inOrder = [...loaded].toSorted(([a], [b]) => a - b).map(([, each]) => each);
    return {
      pictures: inOrder.map(({ picture }) => picture),
      warnings: inOrder.flatMap(({ warnings }) => warnings),
    } satisfies LoadedInputs;
  };
}

type Loaded = Awaited<ReturnType<PrepareInput>>;

interface Loading {
  name: string;
  budget: { maxTotalBytes: number; bytesLeft: number };
  /** Ends with the first failure of another. */
  signal: AbortSignal;
  /** Ends with the task: what was fetched is checked and kept all the same. */
  ofAll: AbortSignal;
  fetched: (kept: Promise<TaskInput>) => void;
  owner: string | undefined;
}

async function loadOne(
  input: TaskInput,
  { name, budget, signal, ofAll, fetched, owner }: Loading,
  { fetch, store, inspect, prepare }: Dependencies,
): Promise<Loaded> {
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
  const known = input.kind === 'stored' ? input.details : undefined;
  const details = await inspect(bytes, owner, input.kind === 'url' ? ofAll : signal, known);
  const { content_type: contentType, width, height } = details;
  if (input.kind === 'url') fetched(storeChecked({ store }, details, async () => bytes));
  const { role } = input;
  const context = { name, signal, owner, asPng: role === 'mask' };
  const prepared = await prepare({ bytes, contentType, width, height }, limits, context);
  // A small GIF may well make a large PNG, and it is that which stays in memory until the call is over.
  spend(Math.max(0, prepared.picture.bytes.length - bytes.length));
  return role === undefined ? prepared : { ...prepared, picture: { ...prepared.picture, role } };
}

function atInput(error: unknown, input: TaskInput, index: number): unknown {
  if (!(error instanceof TaskError)) return error;
  const message = `${inputPath(input, index)}: ${error.failure.message}`;
  return new TaskError({ ...error.failure, message }, { cause: error });
}
