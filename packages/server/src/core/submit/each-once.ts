// Inputs that tasks share, each stored once.

import { RequestError } from '../errors.ts';
import type { TaskInput } from '../tasks/task.ts';
import type { SubmittedInput } from './submission.ts';

/** Stores an input that tasks of a batch share only once. If it is refused, every path that has it is reported. */
export function eachOnce(
  storeOne: (input: SubmittedInput, signal: AbortSignal) => Promise<TaskInput>,
): typeof storeOne {
  const storedInputs = new Map<string | Uint8Array, Promise<TaskInput>>();
  return (input, signal) => {
    const source = input.kind === 'bytes' ? input.bytes : input.kind === 'url' ? input.url : input.key;
    const earlier = storedInputs.get(source);
    if (earlier !== undefined)
      return earlier.catch((error: unknown) => {
        throw atPath(error, input.path);
      });
    const first = storeOne(input, signal);
    storedInputs.set(source, first);
    return first;
  };
}

/** Copies a refusal of one input for another path that has the same input. */
function atPath(error: unknown, path: string): unknown {
  const message = error instanceof RequestError ? error.details?.[0]?.message : undefined;
  if (!(error instanceof RequestError) || message === undefined) return error;
  return new RequestError(error.type, `${path}: ${message}`, { details: [{ path, message }], cause: error });
}
