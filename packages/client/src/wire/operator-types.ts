// The wire types of the calls by which the operator sees the tasks of all keys, below `/api/admin/tasks`.

import type { UnixSeconds } from './envelope-types.ts';
import type {
  Progress,
  TaskAction,
  TaskAttempt,
  TaskCost,
  TaskData,
  TaskErrorType,
  TaskFailureData,
  TaskRequestData,
  TaskState,
} from './task-types.ts';

/** How much the operator sees of tasks of other keys, by the setting `operator_sees`. */
export type OperatorSees = 'nothing' | 'records' | 'everything';

/** A task as the operator sees it. */
export interface OperatorTaskData {
  task_id: string;
  /** Key that submitted it. */
  key_id: string;
  /** Owner that it was submitted for; the key where that has none. */
  owner_id: string;
  state: TaskState;
  action: TaskAction;
  /** The model's canonical name. */
  model: string;
  priority: number;
  progress: Progress;
  create_time: UnixSeconds;
  update_time: UnixSeconds;
  /** When it fails if it has not ended. */
  deadline: UnixSeconds;
  /** `null` until it ends. */
  end_time: UnixSeconds | null;
  /** `null` for a task of no batch. */
  batch_id: string | null;
  /** Present while a running task is to be cancelled and has not ended yet. */
  cancel_requested?: true;
  /** Number of the pictures that it ended with. */
  pictures: number;
  /** Calls to upstreams so far, oldest first. */
  attempts: OperatorAttempt[];
  /** Present when `state` is `error`. */
  error?: OperatorFailure & {
    /** Whether the same task might succeed if it were tried again. */
    retryable: boolean;
  };
  /** Cost at the upstreams, of the attempts whose cost is known; `null` where none is. Also where a selling price hides it from the owner. */
  cost_micro_usd: number | null;
  cost: TaskCost;
  /** The pictures, by links, and the model's words; present where `operator_sees` is `everything`. */
  data?: TaskData['data'];
  /** Request that it was made from; present where `operator_sees` is `everything`. */
  request?: TaskRequestData;
}

/** A failure; without words where `operator_sees` is `records`, as an upstream may speak of what was asked for. */
export type OperatorFailure = { type: TaskErrorType } & Partial<TaskFailureData>;

export interface OperatorAttempt extends Omit<TaskAttempt, 'error'> {
  /** Label of the upstream's key that made the call; `null` where that was not stored. */
  credential: string | null;
  /** Present when it failed. */
  error?: OperatorFailure;
}

/** A page of tasks, newest first. One that filters may be empty and yet not be the last. */
export interface OperatorTasksData {
  tasks: OperatorTaskData[];
  /** For the next page; `null` on the last. */
  next_cursor: string | null;
}

/** Outcome of a cancellation: a running task may take a moment to end, and may still succeed. */
export interface OperatorCancelData {
  task_id: string;
  outcome: 'cancelled' | 'requested';
}
