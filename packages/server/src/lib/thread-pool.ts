// A few threads for work whose time depends on somebody else's bytes, so that it never holds up the event loop. They begin when
// there is something to do, end when there has been nothing for a while, and keep no process alive.
//
// A thread can be ended, so a task has a limit in time. Memory has to be bounded by the work itself: V8 ends a thread that grows
// beyond its heap, but minutes of collecting later, and one allocation far beyond it, such as a string of some hundred
// megabytes, ends the whole process (measured with Node 26).

import { type PoolThread, startThread, ThreadPoolError, type ThreadTask } from './pool-thread.ts';
import { createTurns } from './turns.ts';

export { ThreadPoolError } from './pool-thread.ts';

export interface ThreadPool {
  /**
   * Has a thread do `task` and gives what it makes of it; both are cloned as by `structuredClone`. Rejects with `ThreadPoolError`,
   * or with the signal's reason.
   */
  run<Result>(task: unknown, options?: ThreadTaskOptions): Promise<Result>;
  /** Ends all threads; what is waiting or under way is rejected. May be called twice. */
  close(): Promise<void>;
}

export interface ThreadTaskOptions {
  /** Whose task it is: those who have tasks waiting are served in turn. */
  by?: string;
  /** Memory that moves into the thread and is empty here from then on. Never a small `Buffer`'s, which has it together with others. */
  transfer?: readonly ArrayBuffer[];
  /** How long it may take once a thread has it. */
  timeoutMs?: number;
  /** Ends the wait. What a thread has begun it does to its end. */
  signal?: AbortSignal;
}

export interface ThreadPoolOptions {
  /** The module that every thread runs; it calls `serveTasks`. */
  entry: URL;
  threads: number;
  /** The heap of a thread. Default: as large as that of the process. */
  maxHeapMb?: number;
  /** How long a thread stays without work. */
  idleMs?: number;
  /** How many tasks may wait; of each that `by` names, half as many. */
  mostWaiting?: number;
}

export function createThreadPool({
  entry,
  threads,
  maxHeapMb,
  idleMs = 10_000,
  mostWaiting = 1_000,
}: ThreadPoolOptions): ThreadPool {
  const waiting = createTurns<ThreadTask>();
  const free: PoolThread[] = [];
  const all = new Set<PoolThread>();
  let closed = false;

  function next(): void {
    while (waiting.size > 0 && (free.length > 0 || all.size < threads)) {
      const task = waiting.take() as ThreadTask;
      try {
        (free.pop() ?? start()).give(task);
      } catch (cause) {
        task.reject(new ThreadPoolError('fault', 'No thread could be started.', { cause }));
      }
    }
  }
  function start(): PoolThread {
    const thread = startThread({
      entry,
      maxHeapMb,
      idleMs,
      onFree(each) {
        free.push(each);
        next();
      },
      onEnd(each) {
        all.delete(each);
        if (free.includes(each)) free.splice(free.indexOf(each), 1);
        next();
      },
    });
    all.add(thread);
    return thread;
  }
  function refusal(by: string): ThreadPoolError | undefined {
    if (closed) return closedError();
    return waiting.size < mostWaiting && waiting.sizeOf(by) < mostWaiting / 2
      ? undefined
      : new ThreadPoolError('full', 'Too many tasks wait for a thread.');
  }

  return {
    async run<Result>(task: unknown, options: ThreadTaskOptions = {}) {
      const { by = '', transfer = [], timeoutMs = 60_000, signal } = options;
      const error = refusal(by);
      if (error !== undefined) throw error;
      signal?.throwIfAborted();
      const outcome = Promise.withResolvers<unknown>();
      const given = { task, transfer, timeoutMs, resolve: outcome.resolve, reject: outcome.reject };
      const giveUp = () => {
        waiting.remove(by, given);
        outcome.reject(signal?.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      waiting.add(by, given);
      next();
      try {
        return (await outcome.promise) as Result;
      } finally {
        signal?.removeEventListener('abort', giveUp);
      }
    },
    async close() {
      closed = true;
      for (let left = waiting.take(); left !== undefined; left = waiting.take()) left.reject(closedError());
      await Promise.all([...all].map((thread) => thread.end(closedError())));
    },
  };
}

function closedError(): ThreadPoolError {
  return new ThreadPoolError('closed', 'The threads have been ended.');
}
