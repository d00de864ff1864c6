// The source of a status answer from a task's row: the ready view, or the whole task where it has none that is up to date.

import type { StatusSource } from '../../../core/tasks/task-reads.ts';
import type { Row } from '../../rows.ts';
import { toWholeTask, wholeTask } from '../tasks/whole-task.ts';

/**
 * Columns of a source, and the item of a FROM that has them: the table `tasks` as `t`. `viewKey` is the parameter with the key of the views
 * that are up to date. What a ready view says is not read again from the task.
 */
export const sourceOf = (viewKey: string) => ({
  columns: `t.id AS asked, t.key_id AS owner, CASE WHEN t.view_key = ${viewKey} THEN t.view END AS ready, w.*`,
  from: `tasks t LEFT JOIN LATERAL (SELECT ${wholeTask('t')}) w ON (t.view_key = ${viewKey}) IS NOT TRUE`,
});

export function toSource(row: Row): StatusSource {
  const keyId = row['owner'] as string;
  const view = row['ready'] as string | null;
  return view === null ? { keyId, task: toWholeTask(row) } : { keyId, view };
}
