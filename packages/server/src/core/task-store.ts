// The port to the table of tasks, which is the queue as well: one row, one state machine, no second record.
// Every write names its condition. That nothing was written because the condition no longer held is a normal
// outcome (`false`, or the id in a list), never an error.

import type { TaskFailure } from './errors.ts';
import type { Need } from './router.ts';
import type {
  Attempt,
  AttemptOutcome,
  StoredOperation,
  Task,
  TaskAction,
  TaskRequest,
  TaskResult,
} from './task.ts';
import type { Usage } from './usage.ts';

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
  usage: Usage | null;
  costMicroUsd: number | null;
}

/** Which call is about to be made. */
export interface AttemptCall {
  /** Unix milliseconds. */
  at: number;
  upstream: string;
  upstreamModel: string;
  account: string;
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
  /** Closes the open attempt; left out where none is, and where its operation goes on. */
  attempt?: AttemptEnd;
}

export interface TaskStore {
  /** Resolves when the task is durable. */
  insert(task: NewTask): Promise<void>;
  /**
   * Moves pending tasks that are due and within their deadline to `running`, for each need up to its `limit`, oldest due
   * first, each under a new lease of `leaseMs`.
   */
  takeDue(options: {
    needs: readonly (Need & { limit: number })[];
    now: number;
    leaseMs: number;
  }): Promise<LeasedTask[]>;
  /** The same for tasks, whatever they need, whose open attempt has an operation to be followed. */
  takeJobs(options: { limit: number; now: number; leaseMs: number }): Promise<LeasedTask[]>;
  /** Writes an attempt before the upstream is called; `null` when the lease is lost. At most one is open at a time. */
  openAttemptIfLeased(lease: Lease, call: AttemptCall): Promise<Attempt | null>;
  /** Closes the open attempt of a task that goes on, at once, elsewhere. False when the lease is lost. */
  closeAttemptIfLeased(lease: Lease, at: number, end: AttemptEnd): Promise<boolean>;
  /** Keeps what names the job of the open attempt, so that whoever runs the task next can take it up. False when the lease is lost. */
  saveOperationIfLeased(lease: Lease, operation: StoredOperation): Promise<boolean>;
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
  /** Pending tasks whose deadline is at or before `by`: of one need, or all. */
  pendingPastDeadline(options: { by: number; limit: number; need?: Need }): Task[];
  /** What pending tasks within their deadline need, each with the time when the first of them is due. */
  pendingNeeds(now: number): (Need & { dueAt: number })[];
  /** How many tasks `takeJobs` would find. */
  countPendingJobs(now: number): number;
  /** Succeeded tasks whose pictures are there and have had their time: `keptMs`, where their request says nothing else. */
  tasksWithExpiredPictures(options: { now: number; keptMs: number; limit: number }): Task[];
  /** Notes that the pictures of these tasks are gone. */
  markPicturesDeleted(taskIds: readonly string[], at: number): Promise<void>;
  /**
   * Deletes up to `limit` final tasks that finished at or before `finishedBy` and have no pictures left, with their
   * attempts. Resolves with how many there were.
   */
  deleteFinished(options: { finishedBy: number; limit: number }): Promise<number>;
  /** How many attempts each account has begun at or after `since`. Reads them all: for the start of the server. */
  countAttempts(since: number): { upstream: string; account: string; count: number }[];
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
