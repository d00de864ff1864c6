// One run of a task: from the moment it is taken under a lease until that lease is given back or lost.

import type { PartialImagesOfRun } from '../core/partial-images/partial-images.ts';
import type { LoadedInputs } from '../core/pictures/inputs.ts';
import { isForSeveral } from '../core/tasks/several-pictures.ts';
import type { Attempt } from '../core/tasks/task.ts';
import type { LeasedTask } from '../core/tasks/task-queue.ts';
import { CallRun } from './call-run.ts';
import { StopReason } from './stop-reason.ts';

export class TaskRun extends CallRun {
  /** Loaded before the first call, and used for every one that follows. */
  inputs: LoadedInputs | null = null;
  /** Resolves when the task names the copies of what was fetched for it. Never rejects. */
  copying: Promise<void> = Promise.resolve();
  /**
   * Time from which on another process may soon have the task, Unix milliseconds, so that no call is made for it any more; `Infinity` where no
   * other works on the store.
   */
  heldUntil = Number.POSITIVE_INFINITY;
  partialImages: PartialImagesOfRun | undefined;
  /** Number of calls that it has room for in this process. */
  calls = 1;
  #isLost = false;
  #progress = 0;
  readonly #abort = new AbortController();
  readonly #onProgress: () => void;

  /** `onProgress` is called whenever the run has come further. */
  constructor({ task, lease, opened, setAside }: LeasedTask, onProgress: () => void = () => {}) {
    const isSetAside = setAside !== undefined;
    const last = task.attempts.at(-1);
    const open = last?.outcome === null && !isForSeveral(task) ? last : null;
    // Where an earlier run left it open, its call may have been made.
    const isCalled = open !== null && !opened;
    const ended = open === null ? task : { ...task, attempts: task.attempts.slice(0, -1) };
    super(lease, { task: ended, attempt: open, isCalled, isSetAside });
    this.#onProgress = onProgress;
  }

  get indices(): undefined {
    return undefined;
  }

  /** 0 to 1. */
  get progress(): number {
    return this.#progress;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Tells the run to stop. The first reason counts. */
  stop(kind: StopReason['kind']): void {
    if (kind === 'lease_lost') this.#isLost = true;
    this.#abort.abort(new StopReason(kind));
  }

  isLost(now: number): boolean {
    if (!this.#isLost && now >= this.heldUntil) this.stop('lease_lost');
    return this.#isLost;
  }

  advance(progress: number): void {
    if (!(progress > this.#progress)) return;
    this.#progress = Math.min(progress, 1);
    this.#onProgress();
  }

  /** Notes an attempt of a task for several pictures, open or closed, as the store has it. */
  noteAttempt(attempt: Attempt): void {
    this.note(attempt);
  }
}
