// The wire types of batches: many tasks in one submit (Plantain).

import type { SubmitBody, TaskAction, TaskState } from './types.ts';

/**
 * The body of `POST /api/gemini/nano-banana/batch`: up to 1,000 tasks. What stands beside `tasks` goes for each that does not say
 * otherwise (Plantain).
 */
export interface BatchBody extends Partial<SubmitBody> {
  /** Without an `action`, a task with pictures is an edit. */
  tasks: (Partial<SubmitBody> & { action?: TaskAction })[];
}

/** `data` of an accepted batch (Plantain). */
export interface BatchData {
  batch_id: string;
  /** In the order of the body's `tasks`. */
  task_ids: string[];
  warnings?: string[];
}

/** `data` of a batch's status (Plantain). */
export interface BatchStatusData {
  batch_id: string;
  /** Unix seconds, as a decimal string. */
  create_time: string;
  total: number;
  pending: number;
  running: number;
  succeeded: number;
  error: number;
  /** 0 to 1: the mean over its tasks, of which a final one counts 1. */
  progress: number;
  tasks: { task_id: string; state: TaskState }[];
}

/** `data` of the call that cancels a batch: how many tasks of it were in which state (Plantain). */
export interface BatchCancelData {
  batch_id: string;
  cancelled: number;
  cancel_requested: number;
  already_final: number;
}
