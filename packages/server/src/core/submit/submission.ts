// Submissions: valid requests for tasks, whose inputs are not stored yet.

import type { InputRole, StoredInput, TaskAction, TaskRequest } from '../tasks/task.ts';

/**
 * Input as it was submitted: a link, bytes, or a stored picture of an earlier task. `path` is the member that it came in. A mask is the
 * last of its submission.
 */
export type SubmittedInput = (
  { kind: 'url'; url: string } | { kind: 'bytes'; bytes: Uint8Array } | StoredInput
) & { path: string; role?: InputRole };

/** Valid request for a task. Names are canonical, and the model takes every value. */
export interface Submission extends Omit<TaskRequest, 'inputs'> {
  action: TaskAction;
  model: string;
  inputs: SubmittedInput[];
  deadlineSeconds: number;
  /** Default: 0. */
  priority?: number;
  /** Whether equal inputs are one. In a chat a picture may stand behind a link in an answer, and once more in the message that follows. */
  hasEqualInputsOnce?: boolean;
}
