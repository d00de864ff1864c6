// One run of a task: from the moment it is taken under a lease until that lease is given back or lost. In its life attempts are opened
// and closed, one at a time; of the open one it knows how far it came, which decides what a failure may have cost.

import type { TaskError } from '../core/errors.ts';
import type { LoadedInputs } from '../core/pictures/inputs.ts';
import type { Attempt, StoredOperation, Task } from '../core/tasks/task.ts';
import { closeAttempt } from '../core/tasks/task-moves.ts';
import type { AttemptEnd, Lease, LeasedTask } from '../core/tasks/task-queue.ts';
import { StopReason } from './stop-reason.ts';

export class TaskRun {
  readonly lease: Lease;
  /** Upstreams and credentials where this run has failed: the task is not sent there again before it has been back in the queue. */
  readonly tried = { upstreams: new Set<string>(), credentials: new Set<string>() };
  /** Loaded before the first call, and used for every one that follows. */
  inputs: LoadedInputs | null = null;
  /** Resolves when the task names the copies of what was fetched for it. Never rejects. */
  copying: Promise<void> = Promise.resolve();
  /** Resolves when nothing goes on at the upstream of a call that was broken off before it gave an operation to follow. Never rejects. */
  callOver: Promise<void> = Promise.resolve();
  /**
   * Time from which on another process may soon have the task, Unix milliseconds, so that no call is made for it any more; `Infinity` where no
   * other works on the store.
   */
  heldUntil = Number.POSITIVE_INFINITY;
  /** Failure of the last question after its operation, or for its pictures. */
  trouble: TaskError | undefined;
  #task: Task;
  #attempt: Attempt | null = null;
  #isCalled = false;
  #isSetAside: boolean;
  #isLost = false;
  #progress = 0;
  readonly #abort = new AbortController();
  readonly #onProgress: () => void;

  /** `onProgress` is called whenever the run has come further. */
  constructor({ task, lease, opened, setAside }: LeasedTask, onProgress: () => void = () => {}) {
    this.lease = lease;
    this.#onProgress = onProgress;
    this.#task = task;
    this.#isSetAside = setAside !== undefined;
    const last = task.attempts.at(-1);
    if (last?.outcome !== null) return;
    this.#task = { ...task, attempts: task.attempts.slice(0, -1) };
    this.#attempt = last;
    // Where an earlier run left it open, its call may have been made.
    this.#isCalled = !opened;
  }

  /** The task with all its attempts but the open one. */
  get task(): Task {
    return this.#task;
  }

  /** The open attempt, if one is. */
  get attempt(): Attempt | null {
    return this.#attempt;
  }

  /** Whether the call of the open attempt was begun: before that, nothing of it can be billed. */
  get isCalled(): boolean {
    return this.#isCalled;
  }

  /** Whether the next attempt's call is counted already, in all processes that share limits. */
  get isSetAside(): boolean {
    return this.#isSetAside;
  }

  /** 0 to 1. */
  get progress(): number {
    return this.#progress;
  }

  /** Aborts, with a `StopReason`, when the run has to stop. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Tells the run to stop. The first reason counts. */
  stop(kind: StopReason['kind']): void {
    if (kind === 'lease_lost') this.#isLost = true;
    this.#abort.abort(new StopReason(kind));
  }

  /**
   * Whether the lease is lost, or may be by this time; then the run is told to stop. To be asked before each call: a process that was halted
   * goes on as if no time had passed. Writes need no such question, as the lease's token answers it.
   */
  isLost(now: number): boolean {
    if (!this.#isLost && now >= this.heldUntil) this.stop('lease_lost');
    return this.#isLost;
  }

  /** Notes an attempt that the store has opened. */
  open(attempt: Attempt): void {
    this.#attempt = attempt;
    this.#isSetAside = false;
  }

  /** Notes that the call of the open attempt begins now. */
  call(): void {
    this.#isCalled = true;
  }

  /** Notes the operation of the open attempt, which the store has. */
  follow(operation: StoredOperation): void {
    if (this.#attempt !== null) this.#attempt = { ...this.#attempt, operation };
  }

  /** Notes that the store has closed the open attempt, and that the task goes on. */
  close(attempt: Attempt, end: AttemptEnd, at: number): void {
    this.#task = { ...this.#task, attempts: [...this.#task.attempts, closeAttempt(attempt, end, at)] };
    this.#attempt = null;
    this.#isCalled = false;
    this.trouble = undefined;
  }

  /** Notes how far it is, unless that is no further than before, or no number. */
  advance(progress: number): void {
    if (!(progress > this.#progress)) return;
    this.#progress = Math.min(progress, 1);
    this.#onProgress();
  }
}
