// Deletes by age. A step changes so many rows in a transaction of its own, so that a large sweep holds up no write for long and vacuum can
// follow. Rows that another process is deleting are left to it: none waits for the other, and both end.

import type { Query } from '../database/statements.ts';
import { oneByOne, type Transaction, type WriteAll, type Writer } from '../database/writer.ts';

const rowsOfStep = 1_000;

/** Deletes up to `limit` rows that are as old as `by`, and gives their number. */
export type DeleteStep = WriteAll<[by: number, limit: number], number>;

/** Makes a step for a table whose rows are old by `column`. */
export function deleteStep(table: string, column: string): DeleteStep {
  // Rows are found once and then by their places, whatever number of them the database expects. One that moves meanwhile is left for the
  // next sweep.
  const sql = `WITH gone AS (
      DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${table} WHERE ${column} <= $1 ORDER BY ${column} LIMIT $2 FOR UPDATE SKIP LOCKED))
      RETURNING 1)
    SELECT count(*) AS count FROM gone`;
  return oneByOne(({ query }: Transaction, by: number, limit: number) => countOf(query(sql, [by, limit])));
}

/**
 * Makes a step for a table whose rows have an id and a key: deletes up to `limit` rows of a key, and gives the number that was found. A row that
 * another process deletes meanwhile counts too, so that 0 means that none is left.
 */
export function deleteStepOfKey(table: string): WriteAll<[keyId: string, limit: number], number> {
  const sql = `WITH found AS MATERIALIZED (SELECT id FROM ${table} WHERE key_id = $1 LIMIT $2),
      gone AS (DELETE FROM ${table} WHERE id IN (SELECT id FROM found))
    SELECT count(*) AS count FROM found`;
  return oneByOne(({ query }: Transaction, keyId: string, limit: number) =>
    countOf(query(sql, [keyId, limit])),
  );
}

/** Deletes what is as old as `by`; gives the number of rows. */
export function deleteInSteps(
  { write }: Pick<Writer, 'write'>,
  step: DeleteStep,
  by: number,
): Promise<number> {
  return inSteps((limit) => write(step, [by, limit]));
}

/** Repeats a step until it does less than it may; gives the number of rows of all. */
export async function inSteps(step: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (let done = rowsOfStep; done === rowsOfStep; total += done) done = await step(rowsOfStep);
  return total;
}

/** Number in a statement's only row. */
export async function countOf(rows: ReturnType<Query>): Promise<number> {
  const [row] = await rows;
  return Number(row?.['count']);
}
