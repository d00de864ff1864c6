// Parts of the declarations of faces' routes.

import { taskErrorTypes } from '../../../core/errors.ts';
import { header } from '../../openapi/responses.ts';
import { costHeader } from '../../views/task-cost.ts';
import { replayed } from '../../routes/tasks/task-forms.ts';
import { taskIdHeader } from './run-task.ts';
import { warningsHeader } from './warnings-header.ts';

/** Refusals of a call that waits for its task: the ways in which that may fail. */
export const failedTask = taskErrorTypes;

/** Headers of the answer to a call that waited for its task. */
export const ofRanTask = {
  'X-Request-Id': header('RequestId'),
  [taskIdHeader]: header('TaskId'),
  [costHeader]: header('Cost'),
  [warningsHeader]: header('Warnings'),
  ...replayed,
};
