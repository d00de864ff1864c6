// Accepts a task: keeps the pictures that came with it, then the task itself. When this resolves, both are durable.

import type { Clock } from '../lib/clock.ts';
import { newTaskId } from '../lib/ids.ts';
import type { Admission } from './admission.ts';
import { RequestError, TaskError } from './errors.ts';
import type { StoreInput } from './picture-store.ts';
import type { ImageSize, TaskAction, TaskInput } from './task.ts';
import type { TaskStore } from './task-store.ts';

/** A picture as it came: a link, or bytes, with the path of the member it came in. */
export type SubmittedInput =
  { kind: 'url'; path: string; url: string } | { kind: 'bytes'; path: string; bytes: Uint8Array };

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
  resolveOwnLink,
  admission,
  clock,
}: {
  store: Pick<TaskStore, 'insert'>;
  storeInput: StoreInput;
  /** The stored picture behind a link of this server's own, `null` for any other link. Throws `RequestError`. */
  resolveOwnLink: (link: string) => TaskInput | null;
  admission: Admission;
  clock: Clock;
}): Submit {
  return async ({ keyId, action, model, prompt, inputs, aspectRatio, imageSize, seed, deadlineSeconds }) => {
    admission.admit();
    const kept = await Promise.all(
      inputs.map((input) =>
        input.kind === 'url' ? keepLink(resolveOwnLink, input) : keepInput(storeInput, input),
      ),
    );
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

function keepLink(
  resolveOwnLink: (link: string) => TaskInput | null,
  { path, url }: SubmittedInput & { kind: 'url' },
): TaskInput {
  try {
    return resolveOwnLink(url) ?? { kind: 'url', url };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    throw unusable(path, error.message, error);
  }
}

async function keepInput(
  storeInput: StoreInput,
  input: SubmittedInput & { kind: 'bytes' },
): Promise<TaskInput> {
  try {
    return await storeInput(input.bytes);
  } catch (error) {
    if (isDiskFull(error))
      throw new RequestError('overloaded', 'The server’s disk is full. Try again later.', {
        retryAfterSeconds: 60,
        cause: error,
      });
    if (!(error instanceof TaskError)) throw error;
    throw unusable(input.path, error.failure.message, error);
  }
}

function unusable(path: string, message: string, cause: unknown): RequestError {
  return new RequestError('input_unreachable', `${path}: ${message}`, {
    details: [{ path, message }],
    cause,
  });
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
