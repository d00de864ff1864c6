// How a run ends that was told to stop, and when its slot is free.

import type { TaskFailure } from '../core/errors.ts';
import { failedAttempt, noCost, unknownCost } from '../core/tasks/attempt-ends.ts';
import { withLastWords } from '../core/tasks/last-words.ts';
import { cancelledFailure, deadlineFailure } from '../core/tasks/own-failures.ts';
import { dropOperation } from '../core/upstreams/cancel-operation.ts';
import type { Slot } from '../core/upstreams/router.ts';
import { type EndedAs, endFailed, putBack } from './end-task.ts';
import type { RunDependencies } from './run.ts';
import type { StopReason } from './stop-reason.ts';
import type { TaskRun } from './task-run.ts';

/** Time after which a slot is free although an upstream leaves open whether the call is over. A cancel is given up after half of it. */
const maxOverMs = 20_000;

export async function endStopped(
  dependencies: RunDependencies,
  run: TaskRun,
  slot: Slot,
  { kind }: StopReason,
): Promise<EndedAs> {
  const { task, attempt, isCalled: called } = run;
  releaseWhenOver(dependencies, run, slot, kind);
  if (kind === 'lease_lost') return 'lease_lost';
  if (kind === 'shutdown') {
    // It keeps its position in the queue, so that the next server takes it before those that never ran; and its operation, if an
    // upstream works on one, which that server then takes up.
    const interrupted = { outcome: 'interrupted', failure: null, maybeBilled: called } as const;
    const end = attempt?.operation == null ? { ...interrupted, ...(called ? unknownCost : noCost) } : null;
    return putBack(dependencies, run, { dueAt: task.dueAt, usesTry: false }, end);
  }
  const own = kind === 'cancelled' ? cancelledFailure(called) : deadlineFailure(task, called);
  const failure = await withTrouble(dependencies, run, own);
  return endFailed(dependencies, run, failure, failedAttempt(failure, called ? unknownCost : noCost));
}

/** Cancels the operation of a task that ends, and releases the slot when nothing of the call goes on at the upstream, so far as it says. */
function releaseWhenOver(
  { startTimer }: Pick<RunDependencies, 'startTimer'>,
  { attempt, isCalled, callOver }: TaskRun,
  slot: Slot,
  kind: StopReason['kind'],
): void {
  const operation = attempt?.operation ?? null;
  const isEnding = kind === 'cancelled' || kind === 'deadline';
  const over = operation !== null && isEnding ? dropOperation(slot.upstream, operation.operation) : callOver;
  const release = () => slot.release({ kind: isCalled ? 'stopped' : 'unused' });
  const stopTimer = startTimer(release, maxOverMs);
  const end = () => {
    stopTimer();
    release();
  };
  over.then(end, end);
}

/** The failure with the words of the last question that failed; the answer behind it, as the links to a picture, is kept. */
async function withTrouble(
  dependencies: RunDependencies,
  { task, attempt, trouble }: TaskRun,
  own: TaskFailure,
): Promise<TaskFailure> {
  if (attempt === null || trouble === undefined) return own;
  const { failure, answer } = trouble;
  if (answer !== undefined) await dependencies.storeUnreadAnswer(task, attempt.number, answer);
  return withLastWords(own, [{ upstream: attempt.upstream, failure }]);
}
