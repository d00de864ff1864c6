// A task's row with its attempts, as core knows it. Both come from one statement, so they are of one moment.

import type { Task } from '../../../core/tasks/task.ts';
import { type Row, toTask } from '../../rows.ts';

const columns = (
  'id key_id owner_id priority action model request batch_id state created_at updated_at changed ' +
  'cancel_requested_at due_at deadline_at finished_at progress tries_used result failure ' +
  'estimated_micro_usd unit_micro_usd reserved_micro_usd charged_micro_usd hold_until'
).split(' ');

/**
 * Columns of a whole task, for a SELECT or a RETURNING where the table `tasks` has this name. A RETURNING shows attempts as they were
 * when its statement began.
 */
export function wholeTask(tasks = 'tasks'): string {
  const own = columns.map((column) => `${tasks}.${column}`).join(', ');
  return `${own}, (SELECT json_agg(a ORDER BY a.number) FROM attempts a WHERE a.task_id = ${tasks}.id) AS attempts`;
}

/** Task of a row with the columns of `wholeTask`. */
export function toWholeTask(row: Row): Task {
  return toTask(row, (row['attempts'] as Row[] | null) ?? []);
}
