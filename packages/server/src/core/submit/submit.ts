// Accepts tasks: keeps the pictures that came with them, then the tasks themselves. When this resolves, both are durable.

import type { Clock } from '../../lib/clock.ts';
import { newTaskId } from '../../lib/ids.ts';
import type { Admission } from './admission.ts';
import { RequestError } from '../errors.ts';
import type { CheckLinkName } from './inside-name.ts';
import { storeAll } from './store-all.ts';
import { storeBytes } from './store-bytes.ts';
import type { StoreLink } from './store-link.ts';
import { resolveOwnAt, type ResolveOwnLink } from './own-link.ts';
import type { StoreInput } from '../pictures/picture-store.ts';
import type { StoredInput, TaskAction, TaskInput, TaskRequest } from '../tasks/task.ts';
import type { StoredAnswer, TaskStore } from '../tasks/task-store.ts';

/** A picture as it came: a link, or bytes, with the path of the member it came in; or one that an earlier task kept. */
export type SubmittedInput =
  | { kind: 'url'; path: string; url: string }
  | { kind: 'bytes'; path: string; bytes: Uint8Array }
  | (StoredInput & { path: string });

/** A valid request for a task on its way in: names are canonical, every value is one that the model takes. */
export interface Submission extends Omit<TaskRequest, 'inputs'> {
  action: TaskAction;
  model: string;
  inputs: SubmittedInput[];
  deadlineSeconds: number;
}

/** Name of a request that its caller may repeat. */
export interface Repeatable {
  idempotencyKey: string;
  /** SHA-256 of the request, in hex. */
  requestHash: string;
}

export interface SubmitOptions {
  /** Ends the fetching of links. */
  signal: AbortSignal;
  batchId?: string;
  repeatable?: Repeatable | undefined;
}

/**
 * Accepts tasks of one key, all or none. Resolves with what `answer` makes of their ids, or, for a request that was accepted
 * before under the same idempotency key, with what it made then. Throws the signal's reason, and `RequestError` (`overloaded`,
 * `input_unreachable` and `too_large` with every picture that can't be had, `conflict` for another request under that key).
 */
export type Submit = (
  keyId: string,
  submissions: readonly Submission[],
  answer: (taskIds: string[]) => string,
  options: SubmitOptions,
) => Promise<Submitted>;

export interface Submitted {
  answer: string;
  /** Whether it was made for an earlier request. */
  repeated: boolean;
}

/** The ways in which a picture of a submit is kept. */
interface StoreParts {
  storeInput: StoreInput;
  resolveOwnLink: ResolveOwnLink;
  /** Makes a kept picture young again; `false` when it is gone. */
  touchInput: (key: string) => Promise<boolean>;
  /** `null` where links are left to be fetched when the task runs. */
  storeLink: StoreLink | null;
  /** Refuses links, other than own ones, that can never be fetched. */
  checkLinkName?: CheckLinkName;
}

async function storePicture(
  { storeInput, resolveOwnLink, touchInput, storeLink, checkLinkName = () => null }: StoreParts,
  { owner, input, signal }: { owner: string; input: SubmittedInput; signal: AbortSignal },
): Promise<TaskInput> {
  if (input.kind === 'stored') return storeAgain(touchInput, input);
  if (input.kind === 'bytes') return await storeBytes(storeInput, { ...input, owner }, signal);
  const own = await resolveOwnAt(resolveOwnLink, input);
  if (own !== null) return own;
  const fault = checkLinkName(input.url);
  if (fault !== null) throw unreachable(input.path, `The link ${fault}.`);
  return storeLink === null ? { kind: 'url', url: input.url } : await storeLink({ ...input, owner }, signal);
}

export function createSubmit({
  store,
  admission,
  clock,
  answerRetentionMs,
  ...storeParts
}: StoreParts & {
  store: Pick<TaskStore, 'insert' | 'findAnswer'>;
  admission: Admission;
  clock: Clock;
  /** How long an answer is given again. */
  answerRetentionMs: number;
}): Submit {
  return async (keyId, submissions, answer, { signal, batchId, repeatable }) => {
    const earlier = repeatable && (await store.findAnswer(keyId, repeatable.idempotencyKey, clock.now()));
    if (earlier) return repeatAnswer(earlier, repeatable);
    await admission.admit(submissions.length);
    const given = submissions.flatMap((submission) => submission.inputs);
    const storeOne = (input: SubmittedInput, stop: AbortSignal) =>
      storePicture(storeParts, { owner: keyId, input, signal: stop });
    const storedInputs = await storeAll(given, eachOnce(storeOne), signal);
    let taken = 0;
    const createdAt = clock.now();
    const tasks = submissions.map(({ action, model, inputs, deadlineSeconds, ...asked }) => ({
      id: newTaskId(createdAt),
      keyId,
      action,
      model,
      request: { ...asked, inputs: storedInputs.slice(taken, (taken += inputs.length)) },
      createdAt,
      deadlineAt: createdAt + deadlineSeconds * 1000,
      ...(batchId === undefined ? {} : { batchId }),
    }));
    const text = answer(tasks.map(({ id }) => id));
    if (repeatable === undefined) {
      await store.insert(tasks);
      return { answer: text, repeated: false };
    }
    const once = { ...repeatable, keyId, answer: text, expiresAt: createdAt + answerRetentionMs };
    // Of several that arrive at once, one is stored; the others hear its answer here.
    const earlierAnswer = await store.insert(tasks, once);
    return earlierAnswer === null
      ? { answer: text, repeated: false }
      : repeatAnswer(earlierAnswer, repeatable);
  };
}

function repeatAnswer({ requestHash, answer }: StoredAnswer, asked: Repeatable): Submitted {
  if (requestHash === asked.requestHash) return { answer, repeated: true };
  throw new RequestError(
    'conflict',
    'This Idempotency-Key was used before, for another request. Send each new request with a new key.',
  );
}

/** The tasks of a batch may share pictures: each is kept once, and one that can't be is a fault wherever it stands. */
function eachOnce(
  storeOne: (input: SubmittedInput, signal: AbortSignal) => Promise<TaskInput>,
): typeof storeOne {
  const storedInputs = new Map<string | Uint8Array, Promise<TaskInput>>();
  return (input, signal) => {
    const source = input.kind === 'bytes' ? input.bytes : input.kind === 'url' ? input.url : input.key;
    const earlier = storedInputs.get(source);
    if (earlier !== undefined)
      return earlier.catch((error: unknown) => {
        throw atPath(error, input.path);
      });
    const first = storeOne(input, signal);
    storedInputs.set(source, first);
    return first;
  };
}

/** Gives an error that was thrown for one place as one for another. */
function atPath(error: unknown, path: string): unknown {
  const message = error instanceof RequestError ? error.details?.[0]?.message : undefined;
  if (!(error instanceof RequestError) || message === undefined) return error;
  return new RequestError(error.type, `${path}: ${message}`, { details: [{ path, message }], cause: error });
}

async function storeAgain(
  touchInput: (key: string) => Promise<boolean>,
  { path, ...stored }: StoredInput & { path: string },
): Promise<TaskInput> {
  if (await touchInput(stored.key)) return stored;
  throw unreachable(path, 'This picture has been deleted since. Submit a new task with the picture.');
}

function unreachable(path: string, message: string): RequestError {
  return new RequestError('input_unreachable', `${path}: ${message}`, { details: [{ path, message }] });
}
