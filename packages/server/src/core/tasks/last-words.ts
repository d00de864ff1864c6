// Last words: the message of the last failed call, added to the failure of a task that ends for a reason of this server's, such as its
// deadline.

import type { TaskErrorType, TaskFailure } from '../errors.ts';
import type { Attempt } from './task.ts';
import type { AttemptEnd, TaskEnd } from './task-queue.ts';

/** Types of failures that come from the task or this server, and not from an upstream. */
const ownTypes: ReadonlySet<TaskErrorType> = new Set(['deadline_exceeded', 'cancelled', 'internal']);

/** Maximal length of two messages, each with a quotation. */
const maxMessageLength = 1_200;

/**
 * Adds to a task's failure the message of its last call that an upstream failed, unless the failure has it already. `attempts` are all
 * attempts of the task, including the one that has just ended.
 */
export function withLastWords(
  failure: TaskFailure,
  attempts: readonly Pick<Attempt, 'upstream' | 'failure'>[],
): TaskFailure {
  const last = attempts.findLast((each) => each.failure !== null && !ownTypes.has(each.failure.type));
  if (!last?.failure || failure.message.includes(last.failure.message)) return failure;
  const { message, upstreamReason } = last.failure;
  const words = `${failure.message} The last call, to ${last.upstream}, had failed: ${message}`;
  return {
    ...failure,
    message: words.length > maxMessageLength ? `${words.slice(0, maxMessageLength).toWellFormed()}…` : words,
    ...(failure.upstreamReason === undefined && upstreamReason !== undefined ? { upstreamReason } : {}),
  };
}

/** Adds the last words to the outcome of a task, if that is a failure. `last` is the end of the last of the attempts, if it is open. */
export function outcomeWithLastWords(
  outcome: TaskEnd['outcome'],
  attempts: readonly Attempt[],
  last: AttemptEnd | null,
): TaskEnd['outcome'] {
  if (outcome.state === 'succeeded') return outcome;
  const ended = attempts.map((each) => (each.outcome === null ? { ...each, ...last } : each));
  return { state: 'error', failure: withLastWords(outcome.failure, ended) };
}
