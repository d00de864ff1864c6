// How a run for several pictures ends that was told to stop, and when the slots of its calls are free.

import { failedAttempt, noCost, unknownCost } from '../../core/tasks/attempt-ends.ts';
import { cancelledFailure, deadlineFailure } from '../../core/tasks/own-failures.ts';
import { openAttemptsOf } from '../../core/tasks/several-pictures.ts';
import type { AttemptEnd } from '../../core/tasks/task-queue.ts';
import { cancelOperation } from '../../core/upstreams/cancel-operation.ts';
import type { Slot } from '../../core/upstreams/router.ts';
import { keepCounted, releaseWhenOver, withTrouble } from '../end-stopped.ts';
import { closeAndGoOn, type EndedAs, endFailed, putBack } from '../end-task.ts';
import type { RunDependencies } from '../run.ts';
import { StopReason } from '../stop-reason.ts';
import type { TaskRun } from '../task-run.ts';
import type { PictureRun } from './picture-run.ts';

/** Call that was broken off. */
export interface StoppedCall {
  run: PictureRun;
  slot: Slot;
}

export async function endStoppedCalls(
  dependencies: RunDependencies,
  run: TaskRun,
  stopped: readonly StoppedCall[],
): Promise<EndedAs> {
  const { reason } = run.signal as { reason: unknown };
  const kind = reason instanceof StopReason ? reason.kind : 'lease_lost';
  const isEnding = kind === 'cancelled' || kind === 'deadline';
  const counted = isEnding ? keepAllCounted(dependencies, run, stopped) : null;
  releaseCalls(dependencies, stopped, { isEnding, onReleased: counted?.released });
  if (kind === 'lease_lost') return 'lease_lost';
  // Before the attempts are closed, by which they are counted until then.
  await counted?.begun;
  for (const { run: pictures } of stopped) {
    const end = await endOf(dependencies, pictures, kind);
    if (end !== null && !(await closeAndGoOn(dependencies, pictures, end))) return 'lease_lost';
  }
  if (kind === 'shutdown') return putBack(dependencies, run, { dueAt: run.task.dueAt, usesTry: false }, null);
  const isCalled = stopped.some(({ run: pictures }) => pictures.isCalled || wasCalled(pictures));
  const failure = kind === 'cancelled' ? cancelledFailure(isCalled) : deadlineFailure(run.task, isCalled);
  // Operations that were not taken up again.
  for (const each of openAttemptsOf(run.task)) cancelOperation(dependencies.router, each);
  return endFailed(dependencies, run, failure, failedAttempt(failure, unknownCost));
}

/** Releases the slots of calls that were broken off when those are over. */
export function releaseCalls(
  dependencies: RunDependencies,
  stopped: readonly StoppedCall[],
  how: { isEnding: boolean; onReleased?: (() => void) | undefined } = { isEnding: false },
): void {
  for (const { run, slot } of stopped) releaseWhenOver(dependencies, run, { slot, ...how });
}

/** Whether the call of the attempt that was just closed may have been billed. */
const wasCalled = ({ task }: PictureRun): boolean => task.attempts.at(-1)?.maybeBilled === true;

/** End of the attempt of a call that was broken off; `null` where it stays open, as its operation goes on. */
async function endOf(
  dependencies: RunDependencies,
  run: PictureRun,
  kind: 'cancelled' | 'deadline' | 'shutdown',
): Promise<AttemptEnd | null> {
  const { task, attempt, isCalled: called } = run;
  if (attempt === null) return null;
  const spent = called ? unknownCost : noCost;
  if (kind === 'shutdown')
    return attempt.operation === null
      ? { outcome: 'interrupted', failure: null, maybeBilled: called, ...spent }
      : null;
  const own = kind === 'cancelled' ? cancelledFailure(called) : deadlineFailure(task, called);
  const failure = await withTrouble(dependencies, run, own);
  return { ...failedAttempt(failure, spent), next: { kind: 'none' } };
}

/** Has other processes count the calls until the last of them is over. */
function keepAllCounted(dependencies: RunDependencies, run: TaskRun, stopped: readonly StoppedCall[]) {
  const called = stopped.filter((each) => each.run.isCalled);
  const isCounted = dependencies.router.shared?.isCounted ?? (() => false);
  const one = called.find(({ slot }) => isCounted(slot));
  const counted = one === undefined ? null : keepCounted(dependencies, run, one.slot);
  if (counted === null) return null;
  let open = stopped.length;
  const released = () => {
    open -= 1;
    if (open === 0) counted.end();
  };
  return { begun: counted.begun, released };
}
