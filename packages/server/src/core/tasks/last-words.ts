// Sees to it that a task which ends for a reason of this server's, such as its deadline, also says what the upstream said last.

import type { TaskErrorType, TaskFailure } from '../errors.ts';
import type { Attempt } from './task.ts';

/** Failures of the task or of this server, in which no upstream has a word. */
const ownTypes: ReadonlySet<TaskErrorType> = new Set(['deadline_exceeded', 'cancelled', 'internal']);

/** Two sentences of ours, each with a quotation. */
const maxMessageLength = 1_200;

/**
 * The failure that ends a task, with the message of the last call that an upstream failed, unless it holds that already. `attempts`
 * are all of the task's, the one that has just ended among them.
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
