// How this folder says that a picture can't be had or taken.

import { TaskError } from '../errors.ts';

/** An `input_unreachable` failure. `message` is a sentence that is safe to show to the task's owner. */
export function inputFailure(
  message: string,
  {
    retryable = false,
    tooLarge,
    whatCame,
    cause,
  }: { retryable?: boolean; tooLarge?: true; whatCame?: string; cause?: unknown } = {},
): TaskError {
  const failure = {
    type: 'input_unreachable',
    message,
    retryable,
    ...(tooLarge && { tooLarge }),
    ...(whatCame !== undefined && { whatCame }),
  } as const;
  return new TaskError(failure, { cause });
}
