// How a run ends that was told to stop.

import { cancelJob } from './cancel-job.ts';
import { deadlineFailure, type EndedAs, endFailed, failedAttempt, putBack, unknownCost } from './end-task.ts';
import type { Run } from './run.ts';
import type { StopReason } from './stop-reason.ts';

export async function endStopped(run: Run, { kind }: StopReason): Promise<EndedAs> {
  const { dependencies, running } = run;
  const { task, attempt } = running;
  if (kind === 'lease_lost') return 'lease_lost';
  if (kind === 'shutdown') {
    // It keeps its place in the queue, so that the next server takes it before those that never ran; and its job, if an
    // upstream works on one, which that server then takes up.
    const end =
      attempt?.operation == null
        ? ({ outcome: 'interrupted', failure: null, maybeBilled: true, ...unknownCost } as const)
        : null;
    return putBack(dependencies, running, { dueAt: task.dueAt, usesTry: false }, end);
  }
  const failure = deadlineFailure(task, attempt !== null);
  if (attempt !== null) cancelJob(dependencies.router, attempt);
  return endFailed(dependencies, running, failure, failedAttempt(failure, unknownCost));
}
