// How changes are numbered, so that every process can follow them in their order. A task's number is that of the transaction which changed
// it last, and what is added to those of this database; changes that give it none leave a row of their own for a while.

/** Number that is added to those of transactions, in SQL. */
export const numbersAdded = '(SELECT added FROM change_numbers)';

/** Number of the changes of this transaction, in SQL. */
export const changedNow = `((pg_current_xact_id()::text)::bigint + ${numbersAdded})`;

/**
 * Statement for a database that was restored from a dump by another PostgreSQL, or moved from another store, whose numbers are larger than
 * those of its own transactions: what is changed from now on comes after all that it tells of, and who followed its changes goes on.
 */
export const numberAbove = `UPDATE change_numbers SET added = latest.changed + 1 - (pg_current_xact_id()::text)::bigint
  FROM (SELECT max(changed) AS changed FROM tasks) AS latest WHERE latest.changed >= (pg_current_xact_id()::text)::bigint + added`;

/**
 * INSERT for changes that tasks have no new number of: they are gone, or their pictures are. `rows` names a table of tasks' rows, such as a
 * DELETE within WITH: `WITH gone AS (DELETE FROM tasks … RETURNING id, key_id, state), told AS (INSERT …)`.
 */
export function tellSilently(rows: string): string {
  return `INSERT INTO silent_changes (changed, task_id, key_id, state) SELECT ${changedNow}, id, key_id, state FROM ${rows}`;
}
