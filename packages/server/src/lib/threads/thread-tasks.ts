// A thread's side of `thread-pool.ts`.

import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';

export type ThreadAnswer = { result: unknown } | { fault: string };

/** `transfer` is memory that moves out of the thread with the result. */
export interface ThreadResult {
  result: unknown;
  transfer?: ArrayBufferLike[];
}

/**
 * Does every task that arrives with `work`, one after another. What is wrong with a task's bytes is a result: what `work` throws is
 * a fault, of which the other side hears the message only.
 */
export function serveTasks(work: (task: never) => ThreadResult | Promise<ThreadResult>): void {
  if (parentPort === null) throw new Error('This module runs as a worker thread only.');
  // On Linux alone a thread has a priority of its own: where there is one core, the event loop comes first.
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const port = parentPort;
  const serve = async (task: unknown): Promise<void> => {
    let answer: ThreadAnswer;
    let transfer: ArrayBufferLike[] = [];
    try {
      ({ transfer = [], ...answer } = await work(task as never));
    } catch (error) {
      answer = { fault: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(answer, transfer as ArrayBuffer[]);
  };
  port.on('message', (task) => void serve(task));
}
