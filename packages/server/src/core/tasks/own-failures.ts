// Failures of tasks that come from a user or this server's clock, and from no upstream. `maybeBilled` says that an upstream was at work.

import type { TaskFailure } from '../errors.ts';
import type { Task } from './task.ts';

export function cancelledFailure(maybeBilled: boolean): TaskFailure {
  const billing = maybeBilled
    ? 'An upstream was at work on it, so it may have been billed.'
    : 'No upstream was at work on it.';
  return {
    type: 'cancelled',
    message: `The task was cancelled by whoever submitted it. ${billing}`,
    retryable: false,
    maybeBilled,
  };
}

export function deadlineFailure(task: Task, maybeBilled: boolean): TaskFailure {
  const seconds = Math.round((task.deadlineAt - task.createdAt) / 1000);
  return {
    type: 'deadline_exceeded',
    message: `The task was not finished within its ${seconds} s. Submit it again, with a higher deadline_seconds if the model needs longer.`,
    retryable: false,
    maybeBilled,
  };
}
