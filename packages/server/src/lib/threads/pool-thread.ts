// One thread of `thread-pool.ts`: its task, its limit in time, and its end.

import { Worker } from 'node:worker_threads';
import type { ThreadAnswer } from './thread-tasks.ts';

/** `time`, `memory`: the task was ended for it. `full`: too much is waiting. `fault`: the thread failed. `closed`: the pool is. */
export class ThreadPoolError extends Error {
  readonly reason: 'time' | 'memory' | 'full' | 'fault' | 'closed';

  constructor(reason: ThreadPoolError['reason'], message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'ThreadPoolError';
    this.reason = reason;
  }
}

export interface ThreadTask {
  task: unknown;
  transfer: readonly ArrayBuffer[];
  /** From when a thread has it. */
  timeoutMs: number;
  /** Ends the thread that is at it. */
  end: AbortSignal | undefined;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

export interface PoolThread {
  /** Only a free thread may be given one. */
  give(task: ThreadTask): void;
  /** Rejects what it is at; resolves when the thread is no more. */
  end(error: ThreadPoolError): Promise<void>;
}

export interface PoolThreadOptions {
  /** The module that the thread runs. */
  entry: URL;
  maxHeapMb: number | undefined;
  /** How long it stays without work. */
  idleMs: number;
  /** Follows every task that the thread lives through. */
  onFree: (thread: PoolThread) => void;
  /** Comes once, and may do so before the thread has ended. */
  onEnd: (thread: PoolThread) => void;
}

export function startThread({ entry, maxHeapMb, idleMs, onFree, onEnd }: PoolThreadOptions): PoolThread {
  const limits = maxHeapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } };
  const worker = new Worker(entry, limits);
  let current: ThreadTask | undefined;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;

  function endAborted(): void {
    current?.reject(current.end?.reason);
    void end(new ThreadPoolError('closed', 'Nobody waits for the task any more.'));
  }
  function endAfter(ms: number, error: () => ThreadPoolError): void {
    clearTimeout(timer);
    timer = setTimeout(() => void end(error()), ms).unref();
  }
  /** Another thread may begin while native code keeps this one from ending. */
  function retire(error: ThreadPoolError): void {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    current?.end?.removeEventListener('abort', endAborted);
    current?.reject(error);
    onEnd(thread);
  }
  async function end(error: ThreadPoolError): Promise<void> {
    retire(error);
    await worker.terminate();
  }
  const fail = (cause: unknown) => void end(failureOf(cause));
  function finish(answer: ThreadAnswer): void {
    if (ended || current === undefined) return;
    const { resolve, reject } = current;
    current.end?.removeEventListener('abort', endAborted);
    current = undefined;
    endAfter(idleMs, () => new ThreadPoolError('closed', 'The thread was idle.'));
    if ('fault' in answer) reject(new ThreadPoolError('fault', answer.fault));
    else resolve(answer.result);
    onFree(thread);
  }

  worker.on('message', finish);
  worker.on('messageerror', fail);
  worker.on('error', fail);
  worker.on('exit', (code) => retire(new ThreadPoolError('fault', `The thread ended with code ${code}.`)));
  worker.unref();
  const thread: PoolThread = {
    give(given) {
      current = given;
      const { task, transfer, timeoutMs } = given;
      endAfter(timeoutMs, () => new ThreadPoolError('time', `The task took more than ${timeoutMs} ms.`));
      given.end?.addEventListener('abort', endAborted);
      try {
        worker.postMessage(task, transfer);
      } catch (error) {
        // A task may hold what can't be cloned, or moved twice.
        finish({ fault: String(error) });
      }
    },
    end,
  };
  return thread;
}

function failureOf(cause: unknown): ThreadPoolError {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new ThreadPoolError('memory', 'The task took more memory than its thread has.', { cause })
    : new ThreadPoolError('fault', 'The thread failed.', { cause });
}
