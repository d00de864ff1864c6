// How this folder says that a picture can't be had or taken.

import { TaskError } from '../core/errors.ts';

/** An `input_unreachable` failure. `message` is a sentence that is safe to show to the task's owner. */
export function inputFailure(
  message: string,
  { retryable = false, tooLarge, cause }: { retryable?: boolean; tooLarge?: true; cause?: unknown } = {},
): TaskError {
  const failure = { type: 'input_unreachable', message, retryable, ...(tooLarge && { tooLarge }) } as const;
  return new TaskError(failure, { cause });
}
