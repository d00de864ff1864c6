// Waiting for news of a task, for every call that is not to be answered before there is some.

import { createOneAgain } from '../../lib/turns/one-again.ts';
import type { Watch } from './watch.ts';

/**
 * Resolves when `isNews` says so, which is asked at once and after each change of the task, one time after the other; when the time is
 * over; and when the signal aborts. Rejects with what `isNews` rejects with.
 */
export type WaitForNews = (
  taskId: string,
  wait: { isNews: () => Promise<boolean>; timeoutMs: number; signal: AbortSignal },
) => Promise<void>;

export function createWaitForNews(watch: Watch): WaitForNews {
  return async (taskId, { isNews, timeoutMs, signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = createOneAgain(async () => {
      if (await isNews()) resolve();
    });
    const wake = () => void look().catch(reject);
    const finish = () => resolve();
    const unwatch = watch.task(taskId, wake);
    const timer = setTimeout(finish, timeoutMs);
    signal.addEventListener('abort', finish);
    // For what happened before anybody listened.
    if (signal.aborted) finish();
    else wake();
    try {
      await promise;
    } finally {
      unwatch();
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
    }
  };
}
