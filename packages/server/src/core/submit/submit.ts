// Submit: stores the inputs of a request, then its tasks. Both are durable when it resolves.

import type { Clock } from '../../lib/clock.ts';
import { RequestError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Gate } from '../limits/judge-submit.ts';
import type { TellExhaustion } from '../alerts/tell-exhaustion.ts';
import { submitRefused } from '../limits/refuse-submit.ts';
import type { Submitter } from './new-tasks.ts';
import type { PrepareTasks } from './prepare-tasks.ts';
import type { Submission, SubmittedInput } from './submission.ts';
import type { Repeated, StoredAnswer, TaskStore } from '../tasks/task-store.ts';
import type { NewTry, TryClaim } from '../repeats/tries.ts';

export type { Submission, SubmittedInput };

/** Name of a request that its client may send again. */
export interface Repeatable {
  idempotencyKey: string;
  /** SHA-256 of the request, in hex. */
  requestHash: string;
  /** Where the name is none of the client's, but that of a try. */
  ofTry?: NewTry;
}

export interface SubmitOptions {
  /** Ends the submit until its tasks are inserted. */
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
  /** Claim of another try, whose answer it is. */
  claimed?: TryClaim;
  /** Sum that is reserved for the tasks; not of an earlier request. */
  reservedMicroUsd?: number;
}

export function createSubmit({
  prepare,
  store,
  gate,
  clock,
  emit,
  answerRetentionMs,
  onRefused = () => {},
}: {
  prepare: PrepareTasks;
  store: Pick<TaskStore, 'insert' | 'findAnswer'>;
  gate: Gate;
  clock: Clock;
  emit: Emit;
  /** Retention of answers to requests with an idempotency key. */
  answerRetentionMs: number;
  /** Hears of submits that a budget or a limit refuses. */
  onRefused?: TellExhaustion;
}): Submit {
  return async (caller, submissions, answer, { signal, batchId, repeatable }) => {
    const { keyId } = caller;
    const earlier = repeatable && (await store.findAnswer(keyId, repeatable.idempotencyKey, clock.now()));
    if (earlier) return repeatAnswer(earlier, repeatable);
    const tasks = await prepare(caller, submissions, { signal, batchId });
    // A client that has gone may be on its way to another node with its next try.
    signal.throwIfAborted();
    const createdAt = tasks[0]?.createdAt ?? clock.now();
    const text = answer(tasks.map(({ id }) => id));
    const once = repeatable && {
      ...repeatable,
      keyId,
      answer: text,
      expiresAt: createdAt + answerRetentionMs,
    };
    const inserted = await store.insert(tasks, once ?? null, gate);
    // Of several equal requests at once, one is stored and the others get its answer.
    if (inserted.kind === 'repeated' && repeatable)
      return { ...repeatAnswer(inserted.answer, repeatable), ...claimOf(inserted) };
    if (inserted.kind === 'refused') {
      onRefused(inserted.refusal);
      throw submitRefused(inserted.refusal, createdAt);
    }
    for (const { id: task, keyId: owner, model, price } of tasks)
      emit('task_accepted', { task, owner, model, reservedMicroUsd: price?.estimatedMicroUsd ?? null });
    const costs = tasks.map(({ price }) => price?.estimatedMicroUsd ?? 0);
    return { answer: text, repeated: false, reservedMicroUsd: costs.reduce((sum, cost) => sum + cost, 0) };
  };
}

function claimOf({ answer: { keyId, idempotencyKey }, claims }: Repeated): Pick<Submitted, 'claimed'> {
  return claims === undefined ? {} : { claimed: { keyId, idempotencyKey, claims } };
}

function repeatAnswer({ requestHash, answer }: StoredAnswer, asked: Repeatable): Submitted {
  if (requestHash === asked.requestHash) return { answer, repeated: true };
  throw new RequestError(
    'conflict',
    'This Idempotency-Key was used before, for another request. Send each new request with a new key.',
  );
}
