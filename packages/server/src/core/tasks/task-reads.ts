// The port to tasks as they are shown: one, by the status query; lists; the order of changes; and what estimates are made from.

import type { TaskErrorType } from '../errors.ts';
import type { Task, TaskAction, TaskState } from './task.ts';

/** Filter of a list of a key's tasks; newest first. */
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

/** Parts of each task that are to be shown. */
export interface ShownWith {
  /** Key of the ready views that are up to date. */
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
