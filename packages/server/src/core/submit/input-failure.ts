// Failure of an input that can't be fetched or is not accepted.

import { TaskError } from '../errors.ts';

/** Makes an `input_unreachable` failure. `message` is a sentence that is safe to show to the task's owner. */
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
