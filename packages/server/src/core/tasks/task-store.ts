// The whole port to tasks, joined from what its users need: how tasks come in, the queue, reads, retention, times and the store's own life.

import type { TaskQueue } from './task-queue.ts';
import type { TaskLoad, TaskReads } from './task-reads.ts';
import type { TaskRetention } from './task-retention.ts';
import type { TaskAction, TaskRequest } from './task.ts';

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

/** Times on record, for the clock of a server. */
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
