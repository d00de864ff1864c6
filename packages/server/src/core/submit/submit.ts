// Submit: stores the inputs of a request, then its tasks. Both are durable when it resolves.

import type { Clock } from '../../lib/clock.ts';
import type { Admission } from './admission.ts';
import { RequestError } from '../errors.ts';
import type { Gate } from '../limits/judge-submit.ts';
import { submitRefused } from '../limits/refuse-submit.ts';
import type { StoredBytes } from '../limits/stored-bytes.ts';
import type { Quote } from '../models/quote.ts';
import type { CheckLinkName } from './inside-name.ts';
import { newTasks, refuseModels, refusePriorities, type Submitter } from './new-tasks.ts';
import type { Submission, SubmittedInput } from './submission.ts';
import { storeAll } from './store-all.ts';
import { storeBytes } from './store-bytes.ts';
import type { StoreLink } from './store-link.ts';
import { resolveOwnAt, type ResolveOwnLink } from './own-link.ts';
import type { StoreInput } from '../pictures/inputs.ts';
import type { StoredInput, TaskInput } from '../tasks/task.ts';
import type { StoredAnswer, TaskStore } from '../tasks/task-store.ts';

export type { Submission, SubmittedInput };

/** Name of a request that its client may send again. */
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
 * Accepts tasks of one API key, all or none. `answer` makes the text of the answer from their ids; a request repeated under its
 * idempotency key gets the stored answer. Throws the signal's reason, and `RequestError`: `overloaded`, `forbidden` for a model or a
 * priority that the key may not ask for, `input_unreachable` and `too_large` with every input that is refused, `conflict` for another request
 * under the same idempotency key, `budget_exhausted` and `rate_limited` where a budget or a limit of the key or its owner does not permit all
 * of them.
 */
export type Submit = (
  caller: Submitter,
  submissions: readonly Submission[],
  answer: (taskIds: string[]) => string,
  options: SubmitOptions,
) => Promise<Submitted>;

export interface Submitted {
  answer: string;
  /** True where the answer was made for an earlier request. */
  repeated: boolean;
}

/** Functions that store an input, one for each kind. */
interface StoreParts {
  storeInput: StoreInput;
  resolveOwnLink: ResolveOwnLink;
  /** Restarts the retention of a stored picture; false when it is deleted. */
  touchInput: (key: string) => Promise<boolean>;
  /** Fetches and stores a link; `null` where links are fetched when the task runs. */
  storeLink: StoreLink | null;
  /** Finds the fault of a link that can never be fetched. Own links are not checked. */
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
  gate,
  storedBytes,
  quote,
  clock,
  answerRetentionMs,
  ...storeParts
}: StoreParts & {
  store: Pick<TaskStore, 'insert' | 'findAnswer'>;
  admission: Admission;
  gate: Gate;
  storedBytes: Pick<StoredBytes, 'check'>;
  quote: Quote;
  clock: Clock;
  /** Retention of answers to requests with an idempotency key. */
  answerRetentionMs: number;
}): Submit {
  return async (caller, submissions, answer, { signal, batchId, repeatable }) => {
    const { keyId } = caller;
    const earlier = repeatable && (await store.findAnswer(keyId, repeatable.idempotencyKey, clock.now()));
    if (earlier) return repeatAnswer(earlier, repeatable);
    refuseModels(caller, submissions);
    refusePriorities(caller, submissions);
    await storedBytes.check(caller);
    await admission.admit(submissions.length);
    const given = submissions.flatMap((submission) => submission.inputs);
    const storeOne = (input: SubmittedInput, stop: AbortSignal) =>
      storePicture(storeParts, { owner: keyId, input, signal: stop });
    const storedInputs = await storeAll(given, eachOnce(storeOne), signal);
    const createdAt = clock.now();
    const tasks = newTasks(caller, { submissions, inputs: storedInputs, batchId }, { quote, createdAt });
    const text = answer(tasks.map(({ id }) => id));
    const once = repeatable && {
      ...repeatable,
      keyId,
      answer: text,
      expiresAt: createdAt + answerRetentionMs,
    };
    const inserted = await store.insert(tasks, once ?? null, gate);
    // Of several equal requests at once, one is stored and the others get its answer.
    if (inserted.kind === 'repeated' && repeatable) return repeatAnswer(inserted.answer, repeatable);
    if (inserted.kind === 'refused') throw submitRefused(inserted.refusal, createdAt);
    return { answer: text, repeated: false };
  };
}

function repeatAnswer({ requestHash, answer }: StoredAnswer, asked: Repeatable): Submitted {
  if (requestHash === asked.requestHash) return { answer, repeated: true };
  throw new RequestError(
    'conflict',
    'This Idempotency-Key was used before, for another request. Send each new request with a new key.',
  );
}

/** Stores an input that tasks of a batch share only once. If it is refused, every path that has it is reported. */
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

/** Copies a refusal of one input for another path that has the same input. */
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
