// How this folder says that a picture can't be had or taken.

import { TaskError } from '../core/errors.ts';

/** An `input_unreachable` failure. `message` is a sentence that is safe to show to the task's owner. */
export function inputFailure(
  message: string,
  { retryable = false, cause }: { retryable?: boolean; cause?: unknown } = {},
): TaskError {
  return new TaskError({ type: 'input_unreachable', message, retryable }, { cause });
}
