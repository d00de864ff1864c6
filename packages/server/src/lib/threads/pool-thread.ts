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

export class PoolThread {
  readonly #options: PoolThreadOptions;
  readonly #worker: Worker;
  #current: ThreadTask | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRetired = false;

  constructor(options: PoolThreadOptions) {
    const { entry, maxHeapMb } = options;
    const limits = maxHeapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } };
    this.#options = options;
    this.#worker = new Worker(entry, limits);
    const fail = (cause: unknown) => void this.end(failureOf(cause));
    this.#worker.on('message', (answer: ThreadAnswer) => this.#finish(answer));
    this.#worker.on('messageerror', fail);
    this.#worker.on('error', fail);
    this.#worker.on('exit', (code) =>
      this.#retire(new ThreadPoolError('fault', `The thread ended with code ${code}.`)),
    );
    this.#worker.unref();
  }

  /** Only a free thread may be given one. */
  give(given: ThreadTask): void {
    const { task, transfer, timeoutMs } = given;
    this.#current = given;
    this.#endAfter(timeoutMs, 'time', `The task took more than ${timeoutMs} ms.`);
    given.end?.addEventListener('abort', this.#endAborted);
    try {
      this.#worker.postMessage(task, transfer);
    } catch (error) {
      // A task may hold what can't be cloned, or moved twice.
      this.#finish({ fault: String(error) });
    }
  }

  /** Rejects the task that it is at; resolves when the thread is no more. */
  async end(error: ThreadPoolError): Promise<void> {
    this.#retire(error);
    await this.#worker.terminate();
  }

  #endAfter(ms: number, reason: ThreadPoolError['reason'], message: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.end(new ThreadPoolError(reason, message)), ms).unref();
  }

  /** Another thread may begin while native code keeps this one from ending. */
  #retire(error: ThreadPoolError): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    clearTimeout(this.#timer);
    this.#current?.end?.removeEventListener('abort', this.#endAborted);
    this.#current?.reject(error);
    this.#options.onEnd(this);
  }

  readonly #endAborted = (): void => {
    this.#current?.reject(this.#current.end?.reason);
    void this.end(new ThreadPoolError('closed', 'Nobody waits for the task any more.'));
  };

  #finish(answer: ThreadAnswer): void {
    if (this.#isRetired || this.#current === undefined) return;
    const { resolve, reject, end } = this.#current;
    end?.removeEventListener('abort', this.#endAborted);
    this.#current = undefined;
    this.#endAfter(this.#options.idleMs, 'closed', 'The thread was idle.');
    if ('fault' in answer) reject(new ThreadPoolError('fault', answer.fault));
    else resolve(answer.result);
    this.#options.onFree(this);
  }
}

function failureOf(cause: unknown): ThreadPoolError {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new ThreadPoolError('memory', 'The task took more memory than its thread has.', { cause })
    : new ThreadPoolError('fault', 'The thread failed.', { cause });
}
