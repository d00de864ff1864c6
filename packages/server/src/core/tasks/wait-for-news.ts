// Waiting for news of a task, for calls such as long polls whose answer waits for it.

import { createOneAgain } from '../../lib/turns/one-again.ts';
import type { Watch } from './watch.ts';

/**
 * Resolves when there is news, when the time is over, and when the signal aborts. `isNews` is called at once and after each change of
 * the task, never twice at a time; a rejection of it is passed on.
 */
export type WaitForNews = (
  taskId: string,
  wait: { isNews: () => Promise<boolean>; timeoutMs: number; signal: AbortSignal },
) => Promise<void>;

export function createWaitForNews(watch: Pick<Watch, 'task'>): WaitForNews {
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
    // News may have come before `watch` began.
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
