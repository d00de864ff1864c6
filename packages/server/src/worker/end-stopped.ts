// How a run ends that was told to stop, and when its slot is free.

import type { TaskFailure } from '../core/errors.ts';
import { failedAttempt, noCost, unknownCost } from '../core/tasks/attempt-ends.ts';
import { hasAside } from '../core/tasks/deliveries.ts';
import { withLastWords } from '../core/tasks/last-words.ts';
import { cancelledFailure, deadlineFailure } from '../core/tasks/own-failures.ts';
import { dropOperation } from '../core/upstreams/cancel-operation.ts';
import type { Slot } from '../core/upstreams/router.ts';
import type { CallRun } from './call-run.ts';
import { type EndedAs, endFailed, putBack } from './end-task.ts';
import type { RunDependencies } from './run.ts';
import type { StopReason } from './stop-reason.ts';
import type { TaskRun } from './task-run.ts';

/** Time after which a slot is free although an upstream leaves open whether the call is over. A cancel is given up after half of it. */
const maxOverMs = 20_000;

/** Failure of a call to another upstream that a stop broke off: the picture that was set aside is shown. */
const brokenOff: TaskFailure = {
  type: 'internal',
  message: 'The server stopped while another upstream was asked.',
  retryable: true,
};

export async function endStopped(
  dependencies: RunDependencies,
  run: TaskRun,
  slot: Slot,
  { kind }: StopReason,
): Promise<EndedAs> {
  const { task, attempt, isCalled: called } = run;
  const isEnding = kind === 'cancelled' || kind === 'deadline';
  const counted = isEnding && called ? keepCounted(dependencies, run, slot) : null;
  releaseWhenOver(dependencies, run, { slot, isEnding, onReleased: counted?.end });
  if (kind === 'lease_lost') return 'lease_lost';
  if (kind === 'shutdown') {
    // It keeps its position in the queue, so that the next server takes it before those that never ran; and its operation, if an
    // upstream works on one, which that server then takes up.
    const interrupted = { outcome: 'interrupted', failure: null, maybeBilled: called } as const;
    const end = attempt?.operation == null ? { ...interrupted, ...(called ? unknownCost : noCost) } : null;
    if (end !== null && hasAside(run)) return endFailed(dependencies, run, brokenOff, end);
    return putBack(dependencies, run, { dueAt: task.dueAt, usesTry: false }, end);
  }
  const own = kind === 'cancelled' ? cancelledFailure(called) : deadlineFailure(task, called);
  // Before the attempt is closed, by which it is counted until then.
  await counted?.begun;
  const failure = await withTrouble(dependencies, run, own);
  return endFailed(dependencies, run, failure, failedAttempt(failure, called ? unknownCost : noCost));
}

/**
 * Has other processes count the call although its task ends: from `begun` on, until `end`. `null` where no other counts it. Neither is waited for
 * by who cancels at the upstream.
 */
export function keepCounted(
  { router: { shared }, store }: Pick<RunDependencies, 'router' | 'store'>,
  { lease: { taskId } }: Pick<CallRun, 'lease'>,
  slot: Slot,
): { begun: Promise<void>; end: () => void } | null {
  const { keepCallCounted, endCountedCall } = store;
  if (shared?.isCounted(slot) !== true || keepCallCounted === undefined) return null;
  // This process counts it by its slot.
  const letGo = shared.hold(taskId);
  // Where the store is away the end can't be written either, and the attempt stays open.
  const begun = keepCallCounted(taskId, maxOverMs).catch(() => {});
  // It ends by itself where this can't be written.
  const uncount = () => endCountedCall?.(taskId).catch(() => {});
  return { begun, end: () => void begun.then(uncount).finally(letGo) };
}

/** Cancels the operation of a task that ends, and releases the slot when nothing of the call goes on at the upstream, so far as it says. */
export function releaseWhenOver(
  { startTimer }: Pick<RunDependencies, 'startTimer'>,
  { attempt, isCalled, callOver }: CallRun,
  {
    slot,
    isEnding,
    onReleased = () => {},
  }: { slot: Slot; isEnding: boolean; onReleased?: (() => void) | undefined },
): void {
  const operation = attempt?.operation ?? null;
  const over = operation !== null && isEnding ? dropOperation(slot.upstream, operation.operation) : callOver;
  let isReleased = false;
  const release = () => {
    if (isReleased) return;
    isReleased = true;
    slot.release({ kind: isCalled ? 'stopped' : 'unused' });
    onReleased();
  };
  const stopTimer = startTimer(release, maxOverMs);
  const end = () => {
    stopTimer();
    release();
  };
  over.then(end, end);
}

/** The failure with the words of the last question that failed; the answer behind it, as the links to a picture, is kept. */
export async function withTrouble(
  dependencies: RunDependencies,
  { task, attempt, trouble }: CallRun,
  own: TaskFailure,
): Promise<TaskFailure> {
  if (attempt === null || trouble === undefined) return own;
  const { failure, answer } = trouble;
  if (answer !== undefined) await dependencies.storeUnreadAnswer(task, attempt.number, answer);
  return withLastWords(own, [{ upstream: attempt.upstream, failure }]);
}
