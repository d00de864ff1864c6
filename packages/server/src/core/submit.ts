// Accepts a task: keeps the pictures that came with it, then the task itself. When this resolves, both are durable.

import type { Clock } from '../lib/clock.ts';
import { newTaskId } from '../lib/ids.ts';
import type { Admission } from './admission.ts';
import { RequestError, TaskError } from './errors.ts';
import type { StoreInput } from './picture-store.ts';
import type { ImageSize, TaskAction, TaskInput } from './task.ts';
import type { TaskStore } from './task-store.ts';

/** A picture as it came: a link, or bytes with the path of the member they came in. */
export type SubmittedInput =
  { kind: 'url'; url: string } | { kind: 'bytes'; path: string; bytes: Uint8Array };

/** A valid request for a task: names are canonical, every value is one that the model takes. */
export interface Submission {
  keyId: string;
  action: TaskAction;
  model: string;
  prompt: string;
  inputs: SubmittedInput[];
  aspectRatio: string;
  imageSize: ImageSize;
  seed?: number;
  deadlineSeconds: number;
}

/** Resolves with the task's id. Throws `RequestError` (`overloaded`, `input_unreachable`). */
export type Submit = (submission: Submission) => Promise<string>;

export function createSubmit({
  store,
  storeInput,
  admission,
  clock,
}: {
  store: Pick<TaskStore, 'insert'>;
  storeInput: StoreInput;
  admission: Admission;
  clock: Clock;
}): Submit {
  return async ({ keyId, action, model, prompt, inputs, aspectRatio, imageSize, seed, deadlineSeconds }) => {
    admission.admit();
    const kept = await Promise.all(inputs.map((input) => keepInput(storeInput, input)));
    const id = newTaskId();
    const createdAt = clock.now();
    await store.insert({
      id,
      keyId,
      action,
      model,
      request: { prompt, inputs: kept, aspectRatio, imageSize, ...(seed === undefined ? {} : { seed }) },
      createdAt,
      deadlineAt: createdAt + deadlineSeconds * 1000,
    });
    return id;
  };
}

async function keepInput(storeInput: StoreInput, input: SubmittedInput): Promise<TaskInput> {
  if (input.kind === 'url') return input;
  try {
    return await storeInput(input.bytes);
  } catch (error) {
    if (isDiskFull(error))
      throw new RequestError('overloaded', 'The server’s disk is full. Try again later.', {
        retryAfterSeconds: 60,
        cause: error,
      });
    if (!(error instanceof TaskError)) throw error;
    const { message } = error.failure;
    throw new RequestError('input_unreachable', `${input.path}: ${message}`, {
      details: [{ path: input.path, message }],
      cause: error,
    });
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
