// The port to the table of tasks, which is the queue as well: one row, one state machine, no second record.
// Every write names its condition. That nothing was written because the condition no longer held is a normal
// outcome (`false`, or the id in a list), never an error.

import type { TaskErrorType, TaskFailure } from '../errors.ts';
import type { Need } from '../upstreams/router.ts';
import type {
  Attempt,
  AttemptOutcome,
  StoredOperation,
  Task,
  TaskAction,
  TaskInput,
  TaskRequest,
  TaskResult,
  TaskState,
} from './task.ts';
import type { Usage } from '../upstreams/usage.ts';

export interface NewTask {
  id: string;
  keyId: string;
  action: TaskAction;
  model: string;
  request: TaskRequest;
  /** Unix milliseconds. */
  createdAt: number;
  deadlineAt: number;
  batchId?: string;
}

/** An answer that is given again where its caller repeats the request under the same key. */
export interface StoredAnswer {
  keyId: string;
  idempotencyKey: string;
  /** SHA-256 of the request, in hex. */
  requestHash: string;
  /** The `data` member of the answer, as JSON. */
  answer: string;
  /** Unix milliseconds. */
  expiresAt: number;
}

/** Which of a key's tasks a list has; newest first. */
export interface TaskQuery {
  keyId: string;
  /** Only tasks before this one, which a page before ended with. */
  beforeId?: string;
  state?: TaskState;
  model?: string;
  action?: TaskAction;
  /** Only tasks that failed for this reason. */
  failureType?: TaskErrorType;
  /** Unix milliseconds; at this time or later, and earlier than this. */
  createdFrom?: number;
  createdBefore?: number;
  /** All of these, each with this value. */
  metadata?: Readonly<Record<string, string>>;
  /** Only tasks whose id begins with this, or whose prompt or metadata has it somewhere; without regard to case. */
  search?: string;
  limit: number;
}

/** What is to be shown of each task. */
export interface ShownWith {
  /** Which ready views are up to date. */
  viewKey: string;
  /** How many characters of the prompt's beginning are given; default: none. */
  promptLength?: number | undefined;
}

/** Source of what a status query shows: the ready view, or the task where it has none that is up to date. */
export type StatusSource = { keyId: string; view: string } | { keyId: string; task: Task };

export interface ListedTask {
  id: string;
  source: StatusSource;
  /** `''` where none was asked for. */
  promptStart: string;
}

/** The right to write a running task. A write that carries it changes nothing once the lease belongs to another. */
export interface Lease {
  taskId: string;
  token: string;
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
  credential: string;
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

/** How tasks come in. */
export interface TaskIntake {
  /**
   * Resolves with `null` when the tasks are durable, all or none, and with them `once`. Where an answer is kept under that
   * key which has not expired by the tasks' creation, nothing is stored, and that answer is given.
   */
  insert(tasks: readonly NewTask[], once?: StoredAnswer): Promise<StoredAnswer | null>;
  /** Answer that is kept under this key and has not expired. */
  findAnswer(keyId: string, idempotencyKey: string, now: number): Promise<StoredAnswer | null>;
  countPending(): Promise<number>;
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
  /** The same for tasks, whatever they need, whose open attempt has an operation to be followed. */
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

/** Terms of a claim, after which nobody else can claim the rows for `claimMs` from `now`. It is no fence: writes have their conditions. */
export interface Claim {
  /** Unix milliseconds. */
  now: number;
  claimMs: number;
  limit: number;
}

/** How long tasks take and how many wait: for estimates. */
export interface TaskLoad {
  /** The model of each of the latest `limit` ended tasks that succeeded, and how long its last attempt took until it had ended. */
  recentRuns(limit: number): Promise<{ model: string; durationMs: number }[]>;
  /** Every running task's model, and when the call that is under way began; `null` between calls. */
  running(): Promise<{ model: string; since: number | null }[]>;
  /** The model's pending tasks in the order in which they are taken: the first ones only, where a need has over `limit`. */
  pendingQueue(
    model: string,
    limit: number,
  ): Promise<{ entries: { dueAt: number; id: string }[]; isWhole: boolean }>;
}

/** Tasks as they are shown. */
export interface TaskReads {
  find(id: string): Promise<Task | null>;
  /** The quickest read, for status queries: with the view that was made with `viewKey`, where there is one. */
  findStatus(id: string, viewKey: string): Promise<StatusSource | null>;
  /** `findStatus` without waiting. Only a store that reads within the process has it. */
  findStatusNow?(id: string, viewKey: string): StatusSource | null;
  /** Tasks of this key by their ids, in that order; those that it does not have are left out. */
  findListed(keyId: string, ids: readonly string[], shown: ShownWith): Promise<ListedTask[]>;
  /**
   * A page of tasks, and the id to go on before, `null` at the end. A look goes over a bounded number of tasks, so a page
   * may have fewer than `limit`, or none, and yet not be the last.
   */
  list(query: TaskQuery, shown: ShownWith): Promise<{ tasks: ListedTask[]; next: string | null }>;
  /** A batch's tasks in the order in which they were submitted; of another key's batch, none. */
  batch(batchId: string, keyId: string): Promise<Pick<Task, 'id' | 'state' | 'createdAt' | 'progress'>[]>;
  /** A key's tasks that changed after `changed`, the first change first. */
  changedSince(keyId: string, changed: number, limit: number): Promise<Task[]>;
  /** The `changed` of the key's task that changed last; 0 where it has none. */
  latestChange(keyId: string): Promise<number>;
}

/** How tasks and their pictures go. */
export interface TaskRetention {
  /**
   * Claims succeeded tasks whose pictures are there and have had their time: `retentionMs`, where their request says nothing else. Gives the
   * keys of the pictures.
   */
  claimExpiredPictures(
    claim: Claim & { retentionMs: number },
  ): Promise<{ taskId: string; pictures: string[] }[]>;
  /** Notes that the pictures of these tasks are gone. */
  markPicturesDeleted(taskIds: readonly string[], at: number): Promise<void>;
  /**
   * Deletes up to `limit` final tasks that finished at or before `finishedBy` and have no pictures left, with their
   * attempts. Resolves with how many there were.
   */
  deleteFinished(options: { finishedBy: number; limit: number }): Promise<number>;
  /**
   * Deletes a final task of this key with its attempts, and notes in the same transaction that its pictures are to be deleted.
   * Resolves with their keys in the picture store; with `null` where this key has no such task, or it has not ended.
   */
  deleteIfFinal(taskId: string, keyId: string, at: number): Promise<string[] | null>;
  /** Claims pictures whose task was deleted at or before `notedBy`: they count as noted at `now`. */
  claimPicturesToDelete(options: { notedBy: number; now: number; limit: number }): Promise<string[]>;
  /** Forgets that these were to be deleted: they are. */
  forgetPictures(keys: readonly string[]): Promise<void>;
  /** Resolves with how many there were. */
  deleteExpiredAnswers(now: number): Promise<number>;
}

/** What a server's clock needs of the times on record. */
export interface TimeOnRecord {
  /** The last time on record for the newest task, Unix milliseconds; 0 when there is none. */
  latestTime(): Promise<number>;
  /**
   * For a clock that was ahead and went back to `now`: tasks and deliveries that wait and were written later than that are due now,
   * and have their deadlines from now on. Resolves with how many tasks.
   */
  pullBack(now: number): Promise<number>;
}

export interface StoreLife {
  /** Resolves when both the reading and the writing side answer; rejects with the reason. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface TaskStore
  extends TaskIntake, TaskQueue, TaskLoad, TaskReads, TaskRetention, TimeOnRecord, StoreLife {}
