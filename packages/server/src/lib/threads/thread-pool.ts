// A few threads for work whose time depends on somebody else's bytes, so that it never holds up the event loop. They begin when
// there is something to do, end when there has been nothing for a while, and keep no process alive.
//
// A thread can be ended, so a task has a limit in time. Memory has to be bounded by the work itself: V8 ends a thread that grows
// beyond its heap, but minutes of collecting later, and one allocation far beyond it, such as a string of some hundred
// megabytes, ends the whole process (measured with Node 26).

import { untilAborted } from '../abort.ts';
import { PoolThread, ThreadPoolError, type ThreadTask } from './pool-thread.ts';
import { createTurns } from '../turns/turns.ts';

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
  /** Owner of the task: owners who have tasks waiting are served in turn. */
  by?: string;
  /** Memory that moves into the thread and is empty here from then on. Never a small `Buffer`'s, which has it together with others. */
  transfer?: readonly ArrayBuffer[];
  /** How long it may take once a thread has it. */
  timeoutMs?: number;
  /** Ends the wait. What a thread has begun it does to its end, unless `endWithSignal` says that the thread ends too. */
  signal?: AbortSignal;
  endWithSignal?: boolean;
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
  maxWaiting?: number;
}

export function createThreadPool(options: ThreadPoolOptions): ThreadPool {
  const { maxWaiting = 1_000 } = options;
  const waiting = createTurns<ThreadTask>();
  const threads = createThreads(options, next);
  let closed = false;

  function next(): void {
    while (waiting.size > 0 && threads.hasRoom()) {
      const task = waiting.take() as ThreadTask;
      try {
        threads.take().give(task);
      } catch (cause) {
        task.reject(new ThreadPoolError('fault', 'No thread could be started.', { cause }));
      }
    }
  }
  function refusal(by: string): ThreadPoolError | undefined {
    if (closed) return closedError();
    return waiting.size < maxWaiting && waiting.sizeOf(by) < maxWaiting / 2
      ? undefined
      : new ThreadPoolError('full', 'Too many tasks wait for a thread.');
  }

  return {
    async run<Result>(
      task: unknown,
      { by = '', transfer = [], timeoutMs = 60_000, signal, endWithSignal }: ThreadTaskOptions = {},
    ) {
      const error = refusal(by);
      if (error !== undefined) throw error;
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const given = { task, transfer, timeoutMs, resolve, reject, end: endWithSignal ? signal : undefined };
      waiting.add(by, given);
      next();
      try {
        return (await (signal === undefined ? promise : untilAborted(promise, signal))) as Result;
      } finally {
        waiting.remove(by, given);
      }
    },
    async close() {
      closed = true;
      for (let left = waiting.take(); left !== undefined; left = waiting.take()) left.reject(closedError());
      await threads.end();
    },
  };
}

/** The threads of a pool. `onRoom` is called whenever one may be taken that could not be before. */
function createThreads(
  { entry, threads, maxHeapMb, idleMs = 10_000 }: ThreadPoolOptions,
  onRoom: () => void,
) {
  const free: PoolThread[] = [];
  const all = new Set<PoolThread>();

  function start(): PoolThread {
    const thread = new PoolThread({
      entry,
      maxHeapMb,
      idleMs,
      onFree(each) {
        free.push(each);
        onRoom();
      },
      onEnd(each) {
        all.delete(each);
        if (free.includes(each)) free.splice(free.indexOf(each), 1);
        onRoom();
      },
    });
    all.add(thread);
    return thread;
  }

  return {
    hasRoom: () => free.length > 0 || all.size < threads,
    /** One that has nothing to do. Throws where none could be started. */
    take: () => free.pop() ?? start(),
    async end(): Promise<void> {
      await Promise.all([...all].map((thread) => thread.end(closedError())));
    },
  };
}

function closedError(): ThreadPoolError {
  return new ThreadPoolError('closed', 'The threads have been ended.');
}
