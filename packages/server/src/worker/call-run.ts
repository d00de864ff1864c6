// Run of calls, one at a time, each under its attempt: of the open one it knows how far it came, which decides what a failure may have cost.
// A task for one picture is such a run itself; one for several has a run for each call that goes on.

import type { TaskError } from '../core/errors.ts';
import type { PartialImagesOfRun } from '../core/partial-images/partial-images.ts';
import type { Attempt, StoredOperation, Task } from '../core/tasks/task.ts';
import { closeAttempt } from '../core/tasks/task-moves.ts';
import type { AttemptEnd, Lease } from '../core/tasks/task-queue.ts';

export abstract class CallRun {
  readonly lease: Lease;
  /** Upstreams and credentials where this run has failed: the task is not sent there again before it has been back in the queue. */
  readonly tried = { upstreams: new Set<string>(), credentials: new Set<string>() };
  /** Resolves when nothing goes on at the upstream of a call that was broken off before it gave an operation to follow. Never rejects. */
  callOver: Promise<void> = Promise.resolve();
  /** Failure of the last question after its operation, or for its pictures. */
  trouble: TaskError | undefined;
  #task: Task;
  #attempt: Attempt | null;
  #isCalled: boolean;
  #isSetAside: boolean;

  constructor(
    lease: Lease,
    { task, attempt, isCalled, isSetAside }: Pick<CallRun, 'task' | 'attempt' | 'isCalled' | 'isSetAside'>,
  ) {
    this.lease = lease;
    this.#task = task;
    this.#attempt = attempt;
    this.#isCalled = isCalled;
    this.#isSetAside = isSetAside;
  }

  /** Aborts, with a `StopReason`, when the run has to stop. */
  abstract get signal(): AbortSignal;

  /** Way of its partial images to those who wait; `undefined` where the task is asked for none. */
  abstract get partialImages(): PartialImagesOfRun | undefined;

  /** Pictures that its calls are for, of a task for several. */
  abstract get indices(): readonly number[] | undefined;

  /**
   * Whether the lease is lost, or may be by this time; then the run is told to stop. To be asked before each call: a process that was halted
   * goes on as if no time had passed. Writes need no such question, as the lease's token answers it.
   */
  abstract isLost(now: number): boolean;

  /** Notes how far it is, unless that is no further than before, or no number. */
  abstract advance(progress: number): void;

  /** The task with all attempts of this run but the open one. */
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

  /** Notes an attempt of a task for several pictures, in the place of what was known of it. */
  protected note(attempt: Attempt): void {
    const others = this.#task.attempts.filter(({ number }) => number !== attempt.number);
    const attempts = [...others, attempt].toSorted((a, b) => a.number - b.number);
    this.#task = { ...this.#task, attempts };
  }
}
