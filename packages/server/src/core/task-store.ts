// The port to the table of tasks, which is the queue as well: one row, one state machine, no second record.
// Every write names its condition. That nothing was written because the condition no longer held is a normal
// outcome (`false`, or the id in a list), never an error.

import type { TaskFailure } from './errors.ts';
import type { Attempt, AttemptOutcome, Task, TaskAction, TaskRequest, TaskResult } from './task.ts';

export interface NewTask {
  id: string;
  keyId: string;
  action: TaskAction;
  model: string;
  request: TaskRequest;
  /** Unix milliseconds. */
  createdAt: number;
  deadlineAt: number;
}

/** The right to write a running task. A write that carries it changes nothing once the lease belongs to another. */
export interface Lease {
  taskId: string;
  token: string;
  /** Set by a rescuer: the write holds only while the lease is past this time (Unix milliseconds) of expiry. */
  expiredBy?: number;
}

export interface LeasedTask {
  task: Task;
  lease: Lease;
}

/** How the open attempt of a task ended. */
export interface AttemptEnd {
  outcome: AttemptOutcome;
  failure: TaskFailure | null;
  maybeBilled: boolean;
}

/** A final state, with all that belongs to it. */
export interface TaskEnd {
  /** Unix milliseconds. */
  at: number;
  outcome: { state: 'succeeded'; result: TaskResult } | { state: 'error'; failure: TaskFailure };
  /** Closes the open attempt; left out where no call was under way. */
  attempt?: AttemptEnd;
  /** What a status query shows of the ended task, ready to send. Derived: `key` names what it was derived with. */
  view: ReadyView;
}

export interface ReadyView {
  key: string;
  text: string;
}

/** A return to `pending`. */
export interface PutBack {
  at: number;
  /** When it may be taken again, Unix milliseconds. */
  dueAt: number;
  /** False gives the try back: the task did nothing to deserve losing it. */
  usesTry: boolean;
  attempt?: AttemptEnd;
}

export interface TaskStore {
  /** Resolves when the task is durable. */
  insert(task: NewTask): Promise<void>;
  /**
   * Moves up to `limit` pending tasks that are due and within their deadline to `running`, oldest due first, each under
   * a new lease of `leaseMs`. `nextDueAt` is when the next pending task becomes due, `null` when none waits.
   */
  takeDue(options: {
    limit: number;
    now: number;
    leaseMs: number;
  }): Promise<{ taken: LeasedTask[]; nextDueAt: number | null }>;
  /** Writes an attempt before the upstream is called; `null` when the lease is lost. */
  openAttemptIfLeased(
    lease: Lease,
    call: { upstream: string; upstreamModel: string; at: number },
  ): Promise<Attempt | null>;
  /** Extends leases and records progress; returns the ids whose lease is lost. */
  renewLeases(
    leases: readonly { lease: Lease; progress: number }[],
    options: { now: number; leaseMs: number },
  ): Promise<string[]>;
  /** False when the lease is lost. */
  finishIfLeased(lease: Lease, end: TaskEnd): Promise<boolean>;
  /** False when the lease is lost. */
  putBackIfLeased(lease: Lease, back: PutBack): Promise<boolean>;
  /** False when the task is no longer pending. */
  finishIfPending(taskId: string, end: TaskEnd): Promise<boolean>;

  /** Running tasks whose lease expires at or before `by`. */
  expiredLeases(by: number, limit: number): LeasedTask[];
  /** Pending tasks whose deadline is at or before `now`. */
  pendingPastDeadline(now: number, limit: number): Task[];
  find(id: string): Task | null;
  /** The quickest read: what a final task shows, if it has a view; `view` is `null` for every other task. */
  findView(id: string): { keyId: string; view: ReadyView | null } | null;
  countPending(): number;
  /** The last time on record for the newest task, Unix milliseconds; 0 when there is none. */
  latestTime(): number;
  /** Resolves when both the reading and the writing side answer; rejects with the reason. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
