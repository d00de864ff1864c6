// One run of a task, from the moment it is taken under a lease until that lease is given back or lost.

import type { Task } from '../core/tasks/task.ts';
import type { Lease, LeasedTask } from '../core/tasks/task-store.ts';
import { StopReason } from './stop-reason.ts';

export class TaskRun {
  readonly task: Task;
  readonly lease: Lease;
  /** How far it is, 0 to 1. */
  progress = 0;
  readonly #abort = new AbortController();

  constructor({ task, lease }: LeasedTask) {
    this.task = task;
    this.lease = lease;
  }

  /** Aborts, with a `StopReason`, when the run has to stop. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Tells the run to stop. The first reason counts. */
  stop(kind: StopReason['kind']): void {
    this.#abort.abort(new StopReason(kind));
  }

  /** Notes how far it is, unless it was as far before. Whether it was not. */
  advance(progress: number): boolean {
    // Not a number is not more either.
    if (!(progress > this.progress)) return false;
    this.progress = Math.min(progress, 1);
    return true;
  }
}
