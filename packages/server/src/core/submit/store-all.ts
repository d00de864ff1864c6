// Storing the inputs of a request, a few at a time. All of them are tried before the request is refused, so that its sender learns of
// every fault at once.

import { createTurnKeeper } from '../../lib/turns/turn-keeper.ts';
import { RequestError } from '../errors.ts';
import type { TaskInput } from '../tasks/task.ts';

const atOnce = 8;
/** Maximal number of faults in the message; `details` has more of them. */
const maxSentences = 3;
const maxDetails = 200;

/**
 * Calls `storeOne` for each input and gives the results in the same order. Refusals with `details` are joined into one `RequestError`,
 * `too_large` where all are, else `input_unreachable`. Any other error, and the signal, ends the work.
 */
export async function storeAll<Given>(
  given: readonly Given[],
  storeOne: (each: Given, signal: AbortSignal) => Promise<TaskInput>,
  signal: AbortSignal,
): Promise<TaskInput[]> {
  if (given.length === 0) return [];
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const inputs: TaskInput[] = [];
  const refused: RequestError[] = [];
  // The workers share one iterator, so each is taken once.
  const waiting = given.entries();
  const keepTurns = createTurnKeeper();
  const work = async (): Promise<void> => {
    for (const [index, each] of waiting) {
      await keepTurns();
      if (either.aborted) return;
      try {
        inputs[index] = await storeOne(each, either);
      } catch (error) {
        if (error instanceof RequestError && error.details !== undefined) refused[index] = error;
        else stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  either.throwIfAborted();
  // `refused` has holes where inputs were stored.
  const faults = Object.values(refused);
  if (faults.length > 0) throw inOne(faults);
  return inputs;
}

function inOne(refused: readonly RequestError[]): RequestError {
  const sentences = refused.slice(0, maxSentences).map(({ message }) => message);
  const more = refused.length - sentences.length;
  if (more > 0) sentences.push(`And ${more} more.`);
  const type = refused.every((each) => each.type === 'too_large') ? 'too_large' : 'input_unreachable';
  const details = refused.flatMap((each) => each.details ?? []).slice(0, maxDetails);
  return new RequestError(type, sentences.join(' '), { details, cause: refused[0] });
}
