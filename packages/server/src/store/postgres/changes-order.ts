// How changes are numbered, so that every process can follow them in their order. A task's number is that of the transaction which changed
// it last; changes that give it none leave a row of their own for a while.

/** Number of the changes of this transaction, in SQL. */
export const changedNow = '(pg_current_xact_id()::text)::bigint';

/**
 * Statements for a database that was restored from a dump by another PostgreSQL, whose transactions have smaller numbers than those that the
 * dump tells of: its changes would come after all that are still to be made.
 */
export const renumberRestored = [
  `UPDATE tasks SET changed = ${changedNow} WHERE changed > (SELECT ${changedNow})`,
  `DELETE FROM silent_changes WHERE changed > (SELECT ${changedNow})`,
];

/**
 * INSERT for changes that tasks have no new number of: they are gone, or their pictures are. `rows` names a table of tasks' rows, such as a
 * DELETE within WITH: `WITH gone AS (DELETE FROM tasks … RETURNING id, key_id, state), told AS (INSERT …)`.
 */
export function tellSilently(rows: string): string {
  return `INSERT INTO silent_changes (changed, task_id, key_id, state) SELECT ${changedNow}, id, key_id, state FROM ${rows}`;
}
