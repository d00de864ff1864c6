// Attempts of a task for several pictures that were open when a server died: those without an operation are closed as calls of which nobody
// knows what became, and the others stay open for whoever takes the task next.

import type { TaskFailure } from '../../core/errors.ts';
import { failedAttempt, unknownCost } from '../../core/tasks/attempt-ends.ts';
import { type PictureGroup, groupsOf } from '../../core/tasks/several-pictures.ts';
import { closeAndGoOn, decideAgain, type EndDependencies } from '../end-task.ts';
import type { TaskRun } from '../task-run.ts';
import { toStored } from './call-for-group.ts';
import { PictureRun } from './picture-run.ts';

export const lostCall: TaskFailure = {
  type: 'internal',
  message:
    'The server that made the call stopped, or was cut off, before it ended, so what became of it can’t be known.',
  retryable: true,
  maybeBilled: true,
  unknownOutcome: true,
};

const isLost = ({ open }: PictureGroup): boolean => open !== null && open.operation === null;

/** False where the lease is lost. */
export async function closeLostCalls(dependencies: EndDependencies, run: TaskRun): Promise<boolean> {
  for (const group of groupsOf(run.task).filter(isLost)) {
    const pictures = new PictureRun(run, group, { shares: new Map() });
    const end = failedAttempt(lostCall, unknownCost);
    const next = toStored(decideAgain(dependencies, pictures, lostCall, end));
    if (!(await closeAndGoOn(dependencies, pictures, { ...end, next }))) return false;
  }
  return true;
}
