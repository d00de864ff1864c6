// The wire types of batches: many tasks in one submit (Plantain).

import type { UnixSeconds } from './envelope-types.ts';
import type { Progress, SubmitBody, TaskAction, TaskState } from './task-types.ts';

/**
 * The body of `POST /api/gemini/nano-banana/batch`: up to 1,000 tasks. What stands beside `tasks` goes for each that does not say
 * otherwise (Plantain).
 */
export interface BatchBody extends Partial<SubmitBody> {
  /** Without an `action`, a task with pictures is an edit. */
  tasks: (Partial<SubmitBody> & { action?: TaskAction })[];
}

/** An accepted batch (Plantain). */
export interface BatchData {
  batch_id: string;
  /** In the order of the body's `tasks`. */
  task_ids: string[];
  /** Sentences on what was ignored or changed; absent when nothing was. */
  warnings?: string[];
}

/** A batch, and the state of each of its tasks (Plantain). */
export interface BatchStatusData {
  batch_id: string;
  create_time: UnixSeconds;
  total: number;
  pending: number;
  running: number;
  succeeded: number;
  error: number;
  /** The mean over its tasks, of which a final one counts 1, with four decimals at most. */
  progress: Progress;
  tasks: { task_id: string; state: TaskState }[];
}

/** Numbers of tasks by state: ended at once, asked to end, or ended before (Plantain). */
export interface BatchCancelData {
  batch_id: string;
  cancelled: number;
  cancel_requested: number;
  already_final: number;
}
