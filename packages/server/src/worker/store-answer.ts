// After a call that succeeded: its pictures are stored, if need be over and over, or the task ends. The call is not made
// again, since that would be paid for twice.

import { TaskError, type TaskFailure } from '../core/errors.ts';
import { cancelledFailure } from '../core/tasks/own-failures.ts';
import type { Slot } from '../core/upstreams/router.ts';
import type { AttemptEnd } from '../core/tasks/task-queue.ts';
import type { UpstreamResult } from '../core/upstreams/upstream.ts';
import { pause } from '../lib/timers.ts';
import { differencesOf, type Kept } from './as-asked.ts';
import type { CallRun } from './call-run.ts';
import { type EndedAs, endFailed, putBack } from './end-task.ts';
import { deliverOrAskElsewhere, type Elsewhere } from './ask-elsewhere.ts';
import { storePictures } from './store-pictures.ts';
import type { Failed, RunDependencies } from './run.ts';
import { StopReason } from './stop-reason.ts';
import type { TaskRun } from './task-run.ts';

/** How long to wait before what could not be stored is written again. */
const storeAgainMs = 1_000;

export const unstored: TaskFailure = {
  type: 'internal',
  message:
    'The upstream made the picture, but this server could not store it: its disk is full, or its folder of pictures can’t be written. ' +
    'The call may have been billed and was not repeated. Submit the task again once the operator has mended that.',
  retryable: true,
  maybeBilled: true,
};

/** How the run ended, the slot of a call elsewhere, or the failure of a call whose pictures can't be used. */
export async function storeAnswer(
  dependencies: RunDependencies,
  run: TaskRun,
  answer: UpstreamResult,
  slot: Slot,
): Promise<EndedAs | Failed | Elsewhere> {
  const stored = await storeWith(dependencies, run, { answer, slot }, (kept) =>
    deliverOrAskElsewhere(dependencies, run, slot, kept),
  );
  if (typeof stored === 'string' || stored.kind !== 'unstored') return stored;
  const { reason, end } = stored;
  if (reason === 'lease_lost') return 'lease_lost';
  // The pictures of an operation can be fetched again by the next server.
  if (reason === 'shutdown' && run.attempt?.operation != null)
    return putBack(dependencies, run, { dueAt: run.task.dueAt, usesTry: false }, null);
  const failure = reason === 'cancelled' ? cancelledFailure(true) : unstored;
  return endFailed(dependencies, run, failure, { ...end, maybeBilled: true });
}

/** Pictures that could not be stored before the run had to stop. */
export interface Unstored {
  kind: 'unstored';
  reason: StopReason['kind'] | null;
  /** End of the attempt as if they had been. */
  end: AttemptEnd;
}

/**
 * Stores the pictures of a call, and then what `write` writes of them and of the end of the attempt: both over and over while one of them
 * fails. Gives what `write` gives.
 */
export async function storeWith<Written>(
  dependencies: RunDependencies,
  run: CallRun,
  { answer, slot }: { answer: UpstreamResult; slot: Slot },
  write: (kept: Kept) => Promise<Written>,
): Promise<Written | Failed | Unstored> {
  const { task, attempt, signal, indices } = run;
  const { pictures, description, warnings, usage } = answer;
  const holder = { taskId: task.id, owner: task.keyId, leaseToken: run.lease.token };
  const about = { prompt: task.request.prompt, model: task.model };
  const called = { attempt: attempt?.number ?? 0, indices, pictures };
  const end = {
    outcome: 'succeeded',
    failure: null,
    maybeBilled: false,
    ...spent(dependencies, run, answer),
  } as const;
  for (let tries = 1; ; tries += 1) {
    try {
      const kept = await storePictures(dependencies.pictures, { ...holder, ...about, ...called });
      const result = {
        pictures: kept.pictures,
        description,
        warnings: [...warnings, ...kept.warnings],
        ...(usage === undefined ? {} : { usage }),
      };
      return await write({ result, differences: differencesOf(run, slot, kept), end });
    } catch (error) {
      if (error instanceof TaskError) {
        const { costMicroUsd } = answer;
        return { kind: 'failed', failure: error.failure, usage, costMicroUsd, answer: error.answer };
      }
      if (isTold(tries)) dependencies.onInternalError(task, error);
    }
    await pause(dependencies.startTimer, storeAgainMs, signal).catch(() => {});
    if (!signal.aborted) continue;
    const { reason } = signal as { reason: unknown };
    return { kind: 'unstored', reason: reason instanceof StopReason ? reason.kind : null, end };
  }
}

/** The 1st, 10th, 100th time and so on: whoever looks at the log hears of it, and finds other things in it too. */
const isTold = (tries: number): boolean => Number.isInteger(Math.log10(tries));

function spent({ costOf }: RunDependencies, { attempt, task }: CallRun, answer: UpstreamResult) {
  const { usage, pictures, costMicroUsd } = answer;
  const { imageSize } = task.request;
  const known = { usage, pictures: pictures.length, imageSize };
  return {
    usage: usage ?? null,
    costMicroUsd: costMicroUsd ?? (attempt === null ? null : costOf(attempt, known)),
  } satisfies Partial<AttemptEnd>;
}
