// Port of the task store, joined from the ports that its users need: intake, queue, load, reads, retention, times, and the store's life.

import type { TaskQueue } from './task-queue.ts';
import type { AgreedPrice } from '../ledger/money.ts';
import type { Gate, Refusal } from '../limits/judge-submit.ts';
import type { TaskLoad, TaskReads } from './task-reads.ts';
import type { TaskRetention } from './task-retention.ts';
import type { StoredAnswer } from '../repeats/stored-answer.ts';
import type { TaskAction, TaskRequest } from './task.ts';
import type { NewTry, TryStore } from '../repeats/tries.ts';

export type { StoredAnswer };

export interface NewTask {
  id: string;
  keyId: string;
  /** Default: the key is its own owner. */
  ownerId?: string;
  /** Default: 0. */
  priority?: number;
  action: TaskAction;
  model: string;
  request: TaskRequest;
  /** Unix milliseconds. */
  createdAt: number;
  deadlineAt: number;
  batchId?: string;
  /** Default: none is known. */
  price?: AgreedPrice;
}

/** Answer that is to be stored with its tasks. */
export interface NewAnswer extends StoredAnswer {
  /** Where the request is a try of a call that has no idempotency key of its client's. */
  ofTry?: NewTry;
}

/** An answer that was stored before; `claims` names the claim of a try that has it now. */
export interface Repeated {
  kind: 'repeated';
  answer: StoredAnswer;
  claims?: number;
}

/**
 * Outcome of an insertion. `inserted`: the tasks are durable. `repeated`: an unexpired answer was stored under the idempotency key
 * already, or another try of the call came in meanwhile, and nothing was inserted. `refused`: a budget or limit does not permit them, and
 * nothing was inserted.
 */
export type Inserted = { kind: 'inserted' } | Repeated | { kind: 'refused'; refusal: Refusal };

export interface TaskIntake extends TryStore {
  /**
   * Inserts tasks of one key, all or none, with what they reserve, and with the answer `once`. With a gate, they are judged in the same
   * transaction by the budgets and limits of the key and its owner.
   */
  insert(tasks: readonly NewTask[], once?: NewAnswer | null, gate?: Gate | null): Promise<Inserted>;
  /** Judges tasks as `insert` would, and inserts nothing. `null`: they would be accepted. */
  judge(tasks: readonly NewTask[], gate: Gate): Promise<Refusal | null>;
  /** Finds the unexpired answer that is stored under an idempotency key. */
  findAnswer(keyId: string, idempotencyKey: string, now: number): Promise<StoredAnswer | null>;
  /** Counts the pending tasks. Where they are less than half of `max`, it may give more than there are, but no more than half. */
  countPending(max?: number): Promise<number>;
}

/** Times on record, by which the server notices that its clock was set back. */
export interface TimeOnRecord {
  /** Latest time on record for the newest task, Unix milliseconds; 0 when there is none. */
  latestTime(): Promise<number>;
  /**
   * Corrects times after the clock was set back to `now`. Pending tasks and deliveries that were written later become due now, and their
   * deadlines are counted from now. Resolves with the number of tasks.
   */
  pullBack(now: number): Promise<number>;
}

export interface StoreLife {
  /** Checks that both reads and writes work; rejects with the reason where they don't. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface TaskStore
  extends TaskIntake, TaskQueue, TaskLoad, TaskReads, TaskRetention, TimeOnRecord, StoreLife {}
