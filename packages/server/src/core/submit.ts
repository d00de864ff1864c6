// Accepts a task: keeps the pictures that came with it, then the task itself. When this resolves, both are durable.

import type { Clock } from '../lib/clock.ts';
import { newTaskId } from '../lib/ids.ts';
import type { Admission } from './admission.ts';
import { RequestError } from './errors.ts';
import { keepBytes } from './keep-bytes.ts';
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
  /** How long the pictures are to be kept. */
  expiresInSeconds?: number;
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
  resolveOwnLink: ResolveLink;
  admission: Admission;
  clock: Clock;
}): Submit {
  return async ({ keyId, action, model, inputs, deadlineSeconds, ...asked }) => {
    admission.admit();
    const kept = await Promise.all(
      inputs.map((input) =>
        input.kind === 'url' ? keepLink(resolveOwnLink, input) : keepPicture(storeInput, input),
      ),
    );
    const id = newTaskId();
    const createdAt = clock.now();
    await store.insert({
      id,
      keyId,
      action,
      model,
      request: { ...asked, inputs: kept },
      createdAt,
      deadlineAt: createdAt + deadlineSeconds * 1000,
    });
    return id;
  };
}

type ResolveLink = (link: string) => Promise<TaskInput | null>;

async function keepLink(
  resolveOwnLink: ResolveLink,
  { path, url }: SubmittedInput & { kind: 'url' },
): Promise<TaskInput> {
  try {
    return (await resolveOwnLink(url)) ?? { kind: 'url', url };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { message } = error;
    throw new RequestError(error.type, `${path}: ${message}`, { details: [{ path, message }], cause: error });
  }
}

async function keepPicture(
  storeInput: StoreInput,
  input: SubmittedInput & { kind: 'bytes' },
): Promise<TaskInput> {
  const { kind, key } = await keepBytes(storeInput, input);
  return { kind, key };
}
