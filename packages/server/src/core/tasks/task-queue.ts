// The port to the tasks as a queue: one row, one state machine, no second record. Every write names its condition. That nothing was written
// because the condition no longer held is a normal outcome (`false`, or the id in a list), never an error.

import type { TaskFailure } from '../errors.ts';
import type { Need } from '../upstreams/router.ts';
import type { Usage } from '../upstreams/usage.ts';
import type { Attempt, AttemptOutcome, StoredOperation, Task, TaskInput, TaskResult } from './task.ts';
import type { Claim } from './task-retention.ts';

/** The right to write a running task. A write that carries it changes nothing once the lease belongs to another. */
export interface Lease {
  taskId: string;
  token: string;
}

export interface LeasedTask {
  task: Task;
  lease: Lease;
}

/** Call that is about to be made. */
export interface AttemptCall {
  /** Unix milliseconds. */
  at: number;
  upstream: string;
  upstreamModel: string;
  credential: string;
}

/** How the open attempt of a task ended. */
export interface AttemptEnd {
  outcome: AttemptOutcome;
  failure: TaskFailure | null;
  maybeBilled: boolean;
  usage: Usage | null;
  costMicroUsd: number | null;
}

/** A final state, with all that belongs to it. */
export interface TaskEnd {
  /** Unix milliseconds. */
  at: number;
  outcome: { state: 'succeeded'; result: TaskResult } | { state: 'error'; failure: TaskFailure };
  /** Closes the open attempt; left out where no call was under way. */
  attempt?: AttemptEnd;
  /** Text that a status query shows of the ended task, ready to send. Derived: `key` names what it was derived with. */
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

/** The tasks as a queue: who works on which, and how it ends. */
export interface TaskQueue {
  /**
   * Moves pending tasks that are due and within their deadline to `running`, for each need up to its `limit`, oldest due
   * first, each under a new lease of `leaseMs`.
   */
  takeDue(options: {
    needs: readonly (Need & { limit: number })[];
    now: number;
    leaseMs: number;
  }): Promise<LeasedTask[]>;
  /** Takes tasks, whatever they need, whose open attempt has an operation to be followed; as `takeDue` does. */
  takeOperations(options: { limit: number; now: number; leaseMs: number }): Promise<LeasedTask[]>;
  /** Writes an attempt before the upstream is called; `null` when the lease is lost. At most one is open at a time. */
  openAttemptIfLeased(lease: Lease, call: AttemptCall): Promise<Attempt | null>;
  /** Closes the open attempt of a task that goes on, at once, elsewhere. False when the lease is lost. */
  closeAttemptIfLeased(lease: Lease, at: number, end: AttemptEnd): Promise<boolean>;
  /** Keeps what names the operation of the open attempt, so that whoever runs the task next can take it up. False when the lease is lost. */
  saveOperationIfLeased(lease: Lease, operation: StoredOperation): Promise<boolean>;
  /** Puts others in the place of the request's inputs, as many as they are: nobody is shown them. False when the lease is lost. */
  saveInputsIfLeased(lease: Lease, inputs: readonly TaskInput[]): Promise<boolean>;
  /** Extends leases and records progress; returns the ids of tasks whose lease is lost, and of those that are to be cancelled. */
  renewLeases(
    leases: readonly { lease: Lease; progress: number }[],
    options: { now: number; leaseMs: number },
  ): Promise<{ lost: string[]; cancelled: string[] }>;
  /** False when the lease is lost. */
  finishIfLeased(lease: Lease, end: TaskEnd): Promise<boolean>;
  /** False when the lease is lost. */
  putBackIfLeased(lease: Lease, back: PutBack): Promise<boolean>;
  /** False when the task is no longer pending, or, where `changed` is given, not as it was with that number. */
  finishIfPending(taskId: string, end: TaskEnd, changed?: number): Promise<boolean>;
  /** Notes that the task is to be cancelled; its worker hears of the change. False when it is not running. */
  requestCancelIfRunning(taskId: string, at: number): Promise<boolean>;

  /** Takes the leases over that expire at or before `by`, those first that expired first; each lasts `leaseMs` from `now`. */
  claimExpiredLeases(options: {
    by: number;
    now: number;
    leaseMs: number;
    limit: number;
  }): Promise<LeasedTask[]>;
  /** Claims pending tasks whose deadline is at or before `by`: all, or those of one need that have no attempt under way. */
  claimPastDeadline(options: Claim & { by: number; need?: Need }): Promise<Task[]>;
  /** Claims tasks that went back to the queue although they are to be cancelled. They are not taken again. */
  claimCancelled(claim: Claim): Promise<Task[]>;

  /** Needs of pending tasks within their deadline, each with the time when the first of its tasks is due. */
  pendingNeeds(now: number): Promise<(Need & { dueAt: number })[]>;
  /** How many tasks `takeOperations` would find. */
  countPendingOperations(now: number): Promise<number>;
  /** How many attempts each credential has begun at or within two days after `since`. Reads them all: for the start of the server. */
  countAttempts(since: number): Promise<{ upstream: string; credential: string; count: number }[]>;
}
