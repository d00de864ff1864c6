// Port of reads of tasks: for the status query, for lists, for events in the order of changes, and for estimates.

import type { TaskErrorType } from '../errors.ts';
import type { PredictedOrder } from '../order/predicted-order.ts';
import type { Task, TaskAction, TaskState } from './task.ts';

/** Filter for a list of a key's tasks, newest first. */
export interface TaskQuery {
  keyId: string;
  /** Only tasks before this one: the cursor of the page before. */
  beforeId?: string;
  state?: TaskState;
  model?: string;
  action?: TaskAction;
  failureType?: TaskErrorType;
  /** Only tasks created at this time or later, Unix milliseconds. */
  createdFrom?: number;
  /** Only tasks created before this time, Unix milliseconds. */
  createdBefore?: number;
  /** Only tasks whose metadata has all of these members, each with this value. */
  metadata?: Readonly<Record<string, string>>;
  /** Only tasks whose id begins with this text, or whose prompt or metadata includes it, without regard to case. */
  search?: string;
  limit: number;
}

/** Filter for a list of the tasks of all keys, newest first. */
export interface OperatorQuery extends Partial<Pick<TaskQuery, 'keyId' | 'state' | 'model' | 'beforeId'>> {
  /** Owner that the task was submitted for. */
  ownerId?: string;
  limit: number;
}

/** Options for the parts of each task in a list. */
export interface ShownWith {
  /** Key of the ready views that are up to date. */
  viewKey: string;
  /** Number of characters of the prompt's beginning that are given; default: none. */
  promptLength?: number | undefined;
}

/** Source of a status answer: the ready view, or the task where it has none that is up to date. */
export type StatusSource = { keyId: string; view: string } | { keyId: string; task: Task };

export interface ListedTask {
  id: string;
  source: StatusSource;
  /** Beginning of the prompt; `''` where none was asked for. */
  promptStart: string;
}

export interface TaskReads {
  /** Gives the key of a task that is this owner's; `null` for another's, which costs what one costs that never was. */
  keyOfTask(id: string, ownerId: string): Promise<string | null>;
  /** Gives the key of a batch that is this owner's; `null` for another's. */
  keyOfBatch(batchId: string, ownerId: string): Promise<string | null>;
  /** Finds a task; with `keyId` only one of this key. Another's then costs what one costs that never was. */
  find(id: string, keyId?: string): Promise<Task | null>;
  /**
   * Finds the source of a status answer to this key: the ready view under `viewKey` where there is one. The fastest read. Another's task costs
   * what one costs that never was.
   */
  findStatus(id: string, viewKey: string, keyId: string): Promise<StatusSource | null>;
  /** `findStatus` without waiting. Only a store that reads within the process has it. */
  findStatusNow?(id: string, viewKey: string, keyId: string): StatusSource | null;
  /** Finds tasks of this key by their ids, in that order; ids that the key does not have are left out. */
  findListed(keyId: string, ids: readonly string[], shown: ShownWith): Promise<ListedTask[]>;
  /**
   * Lists a page of tasks. `next` is the `beforeId` of the next page, `null` at the end. A call scans a bounded number of tasks, so a
   * page may have fewer than `limit`, or none, and yet not be the last.
   */
  list(query: TaskQuery, shown: ShownWith): Promise<{ tasks: ListedTask[]; next: string | null }>;
  /** Finds the ids of tasks of all keys, for the operator; `next` as in `list`. */
  findIdsOfAll(query: OperatorQuery): Promise<{ ids: string[]; next: string | null }>;
  /** Lists the tasks of a batch in the order in which they were submitted; none where the batch is another key's. */
  batch(batchId: string, keyId: string): Promise<Pick<Task, 'id' | 'state' | 'createdAt' | 'progress'>[]>;
  /**
   * Lists a key's tasks that changed after the change number `changed`, first change first. Tasks that one commit changed may share a number;
   * with `afterId` those are given too that have just this number and a greater id, as they come in the order of their ids.
   */
  changedSince(keyId: string, changed: number, limit: number, afterId?: string): Promise<Task[]>;
  /** Number of the latest change among the key's tasks; 0 where it has none. */
  latestChange(keyId: string): Promise<number>;
  /**
   * Gives the number of the latest change of each of these tasks, and of the tasks of each of these keys; none for a task or key that has no
   * more. Only a store that other processes change too has it.
   */
  changeNumbers?(taskIds: readonly string[], keyIds: readonly string[]): Promise<Map<string, number>>;
}

/** Load of the server, for estimates: durations of tasks, and the queue. */
export interface TaskLoad {
  /** Lists the latest `limit` tasks that succeeded: the model, and the time from the begin of the last attempt to the end. */
  recentRuns(limit: number): Promise<{ model: string; durationMs: number }[]>;
  /** Lists the running tasks: the model, and the begin of the call that is under way; `null` between calls. */
  running(): Promise<{ model: string; since: number | null }[]>;
  /** Predicts the order in which a model's waiting tasks are taken, of whatever need: the first `limit`. */
  pendingQueue(model: string, limit: number): Promise<PendingQueue>;
}

export interface PendingQueue extends PredictedOrder {
  /** Owners of waiting tasks who have as many running tasks as their limit, and so are not in the order; at most `limit`. */
  heldOwners: string[];
  /** Keys of which that is so; at most `limit`. */
  heldKeys: string[];
}
