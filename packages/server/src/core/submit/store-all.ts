// Keeps the pictures of a request, a few at a time, and finds all that can't be had before it says so: whoever sent them
// can mend every one at once.

import { createTurnKeeper } from '../../lib/turns/turn-keeper.ts';
import { RequestError } from '../errors.ts';
import type { TaskInput } from '../tasks/task.ts';

const atOnce = 8;
/** The message says what is wrong with so many, `details` with as many as anybody reads. */
const maxSentences = 3;
const maxDetails = 200;

/**
 * Calls `storeOne` for each and gives the results in their order. Throws one `RequestError` (`input_unreachable`, or `too_large` where that is all
 * that is wrong) for all those that `storeOne` refuses with `details`; whatever else it throws ends the work, as the signal does.
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
  // In their order, without the holes of those that were kept.
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
