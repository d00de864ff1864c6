// Preparation of a submit: all that is checked of it before its tasks are inserted, and their inputs.

import type { Clock } from '../../lib/clock.ts';
import type { StoredBytes } from '../limits/stored-bytes.ts';
import type { Quote } from '../models/quote.ts';
import type { NewTask } from '../tasks/task-store.ts';
import type { InputRole, TaskInput } from '../tasks/task.ts';
import type { Admission } from './admission.ts';
import { eachOnce } from './each-once.ts';
import { newTasks, refuseModels, refusePriorities, type Submitter } from './new-tasks.ts';
import { storeAll } from './store-all.ts';
import { type StoreParts, storePicture } from './store-picture.ts';
import type { Submission, SubmittedInput } from './submission.ts';

/** Checks submissions and stores their inputs. Throws the signal's reason, and `RequestError`. */
export type PrepareTasks = (
  caller: Submitter,
  submissions: readonly Submission[],
  options: { signal: AbortSignal; batchId?: string | undefined },
) => Promise<NewTask[]>;

export interface PrepareParts extends StoreParts {
  admission: Admission;
  storedBytes: Pick<StoredBytes, 'check'>;
  quote: Quote;
  clock: Clock;
}

function withRole(input: TaskInput, role: InputRole | undefined): TaskInput {
  return role === undefined ? input : { ...input, role };
}

export function createPrepareTasks({
  admission,
  storedBytes,
  quote,
  clock,
  ...storeParts
}: PrepareParts): PrepareTasks {
  return async (caller, submissions, { signal, batchId }) => {
    refuseModels(caller, submissions);
    refusePriorities(caller, submissions);
    await storedBytes.check(caller);
    await admission.admit(submissions.length);
    const given = submissions.flatMap((submission) => submission.inputs);
    const storeOne = (input: SubmittedInput, stop: AbortSignal): Promise<TaskInput> =>
      storePicture(storeParts, { owner: caller.keyId, input, signal: stop });
    const stored = await storeAll(given, eachOnce(storeOne), signal);
    // One stored picture may be the mask of a task and be edited by another.
    const inputs = stored.map((input, index) => withRole(input, given[index]?.role));
    return newTasks(caller, { submissions, inputs, batchId }, { quote, createdAt: clock.now() });
  };
}
