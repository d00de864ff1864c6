// Ends of attempts that failed, or were never answered, and their cost; and how ends of attempts and of tasks are told.

import type { TaskFailure } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Attempt, Task } from './task.ts';
import type { AttemptEnd } from './task-queue.ts';

/** End of an attempt that failed. */
export function failedAttempt(
  failure: TaskFailure,
  spent: Pick<AttemptEnd, 'usage' | 'costMicroUsd'>,
): AttemptEnd {
  const outcome = failure.unknownOutcome === true ? 'unknown' : 'failed';
  return { outcome, failure, maybeBilled: failure.maybeBilled ?? false, ...spent };
}

/** Cost of a call whose price nobody can tell. */
export const unknownCost = { usage: null, costMicroUsd: null } as const;
/** Cost of a call that was never made. */
export const noCost = { usage: null, costMicroUsd: 0 } as const;
/** End of an attempt whose call was never made. */
export const neverMade: AttemptEnd = { outcome: 'interrupted', failure: null, maybeBilled: false, ...noCost };

/** Emits `attempt_ended` for an attempt that the store has closed at `at`, Unix milliseconds; nothing where none was open or it stays open. */
export function emitAttemptEnded(
  emit: Emit,
  { id, keyId, model }: Pick<Task, 'id' | 'keyId' | 'model'>,
  open: Attempt | null,
  { at, end }: { at: number; end: AttemptEnd | null },
): void {
  if (open === null || end === null) return;
  emit('attempt_ended', {
    task: id,
    owner: keyId,
    model,
    attempt: open.number,
    upstream: open.upstream,
    upstreamModel: open.upstreamModel,
    key: open.credential,
    outcome: end.outcome,
    type: end.failure?.type ?? null,
    maybeBilled: end.maybeBilled,
    costMicroUsd: end.costMicroUsd,
    durationMs: Math.max(0, at - open.startedAt),
  });
}

/** Emits `task_ended` for a task that the store has ended, as it is then. */
export function emitTaskEnded(emit: Emit, task: Task): void {
  const { finishedAt, createdAt, attempts, result, failure, money } = task;
  const startedAt = attempts[0]?.startedAt ?? null;
  const pictures = result?.pictures ?? [];
  emit('task_ended', {
    task: task.id,
    owner: task.keyId,
    ownerId: task.ownerId,
    model: task.model,
    state: result === null ? 'error' : 'succeeded',
    type: failure?.type ?? null,
    waitedMs: startedAt === null ? null : Math.max(0, startedAt - createdAt),
    ranMs: startedAt === null || finishedAt === null ? null : Math.max(0, finishedAt - startedAt),
    pictures: pictures.length,
    bytes: pictures.reduce((sum, { bytes }) => sum + bytes, 0),
    chargedMicroUsd: money.holdUntil === null ? (money.chargedMicroUsd ?? 0) : null,
  });
}
