// Keeps a whole answer that could not be used, for the operator. Never the reason why a task fails: where it can't be kept, an event
// says so, and the task goes on to its end.

import type { UnreadAnswer } from '../core/errors.ts';
import { type Emit, emitFault } from '../core/events.ts';
import type { Task } from '../core/tasks/task.ts';
import { maxUnreadAnswers, recordOf, type UnreadAnswerStore } from '../core/upstreams/unread-answer.ts';
import type { Clock } from '../lib/clock.ts';
import { errorName } from '../lib/error-name.ts';

/** Resolves when the answer is kept, or can't be. */
export type StoreUnreadAnswer = (task: Task, attempt: number, answer: UnreadAnswer) => Promise<void>;

/** `keys` are all that this server calls upstreams with; with `maxTextBytes` 0 nothing is kept. */
export function createStoreUnreadAnswer({
  store,
  keys,
  maxTextBytes,
  clock,
  emit,
}: {
  store: Pick<UnreadAnswerStore, 'storeUnreadAnswer'>;
  keys: readonly string[];
  maxTextBytes: number;
  clock: Clock;
  emit: Emit;
}): StoreUnreadAnswer {
  return async ({ id: taskId, request }, attempt, unread) => {
    if (maxTextBytes === 0) return;
    try {
      const answer = await recordOf(unread, { secrets: [...keys, request.prompt], maxTextBytes });
      await store.storeUnreadAnswer({ taskId, attempt, at: clock.now(), answer, most: maxUnreadAnswers });
      emit('unread_answer_kept', { task: taskId, attempt, status: answer.status, bytes: answer.length });
    } catch (error) {
      emitFault(emit, error, 'unread_answer_failed', { task: taskId, attempt, error: errorName(error) });
    }
  };
}
