// Port of the queue of tasks. The table of tasks is also the queue: one row and one state machine for each task. Every write names its
// condition. A write whose condition no longer holds changes nothing, which is a normal outcome (`false`, or the id in a list) and
// never an error.

import type { TaskFailure } from '../errors.ts';
import type { Charge } from '../ledger/money.ts';
import type { DefaultLimits } from '../limits/subjects.ts';
import type { OwnerTurn } from '../order/turns.ts';
import type { Need } from '../upstreams/router.ts';
import type { CallCounts, CallsAsked, RoomCheck } from '../upstreams/shared-calls.ts';
import type { Usage } from '../upstreams/usage.ts';
import type {
  Attempt,
  AttemptOutcome,
  BroughtPictures,
  NextCall,
  StoredOperation,
  Task,
  TaskInput,
  TaskResult,
} from './task.ts';
import type { Claim } from './task-retention.ts';

/** Right to write a running task. A write under a lease that was lost changes nothing. */
export interface Lease {
  taskId: string;
  token: string;
}

export interface LeasedTask {
  task: Task;
  lease: Lease;
  /**
   * Whether the last attempt was opened as the task was taken, so that its call has yet to begin. Any other open attempt is of an earlier
   * lease, and its call may have been made.
   */
  opened: boolean;
  /** Call that was set aside for the task as it was taken. */
  setAside?: CallTarget;
}

export interface CallTarget {
  upstream: string;
  upstreamModel: string;
  credential: string;
}

export interface AttemptCall extends CallTarget {
  /** Unix milliseconds. */
  at: number;
  /** Pictures that it is for, of a task for several. */
  indices?: readonly number[];
}

export interface TakenNeed extends Need {
  limit: number;
  /** Calls to open attempts for, as the tasks are taken. Only where nothing comes between: not where inputs are to be loaded first. */
  calls?: readonly CallTarget[];
  /** Calls to set aside as the tasks are taken, for when their inputs are loaded. */
  setAside?: readonly CallTarget[];
}

export interface AttemptEnd {
  outcome: AttemptOutcome;
  failure: TaskFailure | null;
  maybeBilled: boolean;
  usage: Usage | null;
  costMicroUsd: number | null;
  /** Of a task for several pictures. */
  brought?: BroughtPictures;
  next?: NextCall;
}

/** End of a task: its final state, and its ready view. */
export interface TaskEnd {
  /** Unix milliseconds. */
  at: number;
  outcome: { state: 'succeeded'; result: TaskResult } | { state: 'error'; failure: TaskFailure };
  /** Closes the open attempt, of a task for several pictures all that are open; left out where no call was under way. */
  attempt?: AttemptEnd;
  /** Decision about what was reserved, which is entered into the ledger in the same transaction. */
  charge: Charge;
  /** Ready view of the ended task, made under the view key `key`. */
  view: ReadyView;
}

export interface ReadyView {
  key: string;
  text: string;
}

/** Return of a running task to `pending`. */
export interface PutBack {
  at: number;
  /** Time from which the task may be taken again, Unix milliseconds. */
  dueAt: number;
  /** False where the attempt does not count as a try, such as after a delay that the upstream asked for. */
  usesTry: boolean;
  /** Closes all open attempts; left out where none is open, and where their operations go on. */
  attempt?: AttemptEnd;
}

/** Need of which tasks wait, and the owner whose turn it is. */
export interface PendingNeed extends Need, OwnerTurn {
  /** Tag at which the next task would be taken: an owner that could not be served has no credit for that time. */
  turn: number;
  /** When the next task is due, Unix milliseconds. It lies ahead where all tasks of the need wait for their own retries. */
  dueAt: number;
}

/** Pending tasks within their deadline. */
export interface PendingWork {
  /** Needs of those that can be taken, now or when they are due. One of whose tasks all are held by running limits is left out. */
  needs: PendingNeed[];
  /** Whether `takeOperations` would take a task. */
  hasOperations: boolean;
  /** When to look again, Unix milliseconds, as tasks that came late may be missing. */
  lookAgainAt?: number;
}

/** Queue of tasks: taking them under a lease, recording their attempts, and ending them. */
export interface TaskQueue {
  /**
   * Takes tasks within their deadline, up to `limit` for each need, and gives them in the order in which they were taken: need after need, each
   * in the fair order of owners (core/order/turns.ts), and of an owner the task of the highest priority, then that with the lowest id. A
   * new task is in the order at once; one that was put back joins it when it is due, at its old place among its owner's; one with an
   * operation to resume is not in it. A task whose key or owner has as many running tasks as its limit is passed over, and its owner
   * waits for the others without credit. `defaults` limits those of whom nothing is stored.
   *
   * Each task gets a new lease of `leaseMs`, and, unless an attempt of it is open or it is for several pictures, one for the next of its need's
   * `calls` while there are any.
   * Where processes share limits, `room` chooses the needs to take instead. Fewer than `limit` may be taken while more wait.
   */
  takeDue(options: {
    needs: readonly TakenNeed[];
    now: number;
    leaseMs: number;
    defaults?: DefaultLimits | undefined;
    room?: RoomCheck<readonly TakenNeed[]>;
  }): Promise<LeasedTask[]>;
  /** Takes due tasks, of any need, whose open attempt has an operation to resume. */
  takeOperations(options: { limit: number; now: number; leaseMs: number }): Promise<LeasedTask[]>;
  /**
   * Opens an attempt before the upstream is called; `null` when the lease is lost. A task has at most one open attempt, one for several pictures
   * at most one for each of them; its attempts are opened one after another. Asked again for the same call, a store whose answer can be lost
   * gives the attempt that it opened.
   */
  openAttemptIfLeased(lease: Lease, call: AttemptCall): Promise<Attempt | null>;
  /** Opens an attempt if there is room for its call, else gives `full`. Only of a store that processes share. */
  openAttemptIfRoom?(
    lease: Lease,
    call: AttemptCall,
    room: RoomCheck<boolean>,
  ): Promise<Attempt | null | 'full'>;
  /**
   * Counts the call of the task's open attempt as open for `ms` more, whatever becomes of the task: it is about to end, and the upstream may
   * still be at work. Only of a store that processes share.
   */
  keepCallCounted?(taskId: string, ms: number): Promise<void>;
  /** Counts the call of a task that ended no longer. Only of a store that processes share. */
  endCountedCall?(taskId: string): Promise<void>;
  /** Counts calls as they are at some moment. Only of a store that processes share. */
  countCalls?(asked: CallsAsked): Promise<CallCounts[]>;
  /** Closes the open attempt of a task that goes on at once, or that with this number. False when the lease is lost. */
  closeAttemptIfLeased(lease: Lease, at: number, end: AttemptEnd, number?: number): Promise<boolean>;
  /** Stores the operation of the open attempt, or of that with this number, so that another worker can resume it. False when the lease is lost. */
  saveOperationIfLeased(lease: Lease, operation: StoredOperation, number?: number): Promise<boolean>;
  /** Replaces the inputs of the request by equally many, such as links by stored pictures. False when the lease is lost. */
  saveInputsIfLeased(lease: Lease, inputs: readonly TaskInput[]): Promise<boolean>;
  /** Extends leases and records progress; gives the ids of tasks whose lease is lost, and of those that are to be cancelled. */
  renewLeases(
    leases: readonly { lease: Lease; progress: number }[],
    options: { now: number; leaseMs: number },
  ): Promise<{ lost: string[]; cancelled: string[] }>;
  /** Ends a running task. False when the lease is lost. */
  finishIfLeased(lease: Lease, end: TaskEnd): Promise<boolean>;
  /** Returns a running task to `pending`. False when the lease is lost. */
  putBackIfLeased(lease: Lease, back: PutBack): Promise<boolean>;
  /** Ends a pending task. False when it is no longer pending, or has changed since the change number `changed`. */
  finishIfPending(taskId: string, end: TaskEnd, changed?: number): Promise<boolean>;
  /** Notes the request to cancel a running task; its worker is notified of the change. False when the task is not running. */
  requestCancelIfRunning(taskId: string, at: number): Promise<boolean>;

  /** Claims running tasks whose lease expires at or before `by`, first expired first. Each gets a new lease of `leaseMs` from `now`. */
  claimExpiredLeases(options: {
    by: number;
    now: number;
    leaseMs: number;
    limit: number;
  }): Promise<LeasedTask[]>;
  /** Claims pending tasks whose deadline is at or before `by`. With `need`, only tasks of that need that have no open attempt. */
  claimPastDeadline(options: Claim & { by: number; need?: Need }): Promise<Task[]>;
  /** Claims pending tasks that are to be cancelled, because they were put back after the request. They are not taken again. */
  claimCancelled(claim: Claim): Promise<Task[]>;

  /**
   * Lets tasks be taken again that a running limit held, where there is room for them now: a limit was raised or removed. As tasks stop to run,
   * their places are given on at once.
   */
  releaseHeld(defaults?: DefaultLimits): Promise<void>;

  /** Says what waits in the queue: one read, so that a worker takes only where there is something to take. */
  pendingWork(now: number): Promise<PendingWork>;
  /** Counts the attempts that each credential began at `since` or within two days after it. Slow: only for the start of the server. */
  countAttempts(since: number): Promise<{ upstream: string; credential: string; count: number }[]>;
}
