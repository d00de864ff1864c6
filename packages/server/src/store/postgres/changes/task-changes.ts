// Statements that read a key's tasks in the order of their changes, for streams of events. They show only what is below the horizon, so that
// a reader that goes on from what it got misses nothing.

import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import type { Row } from '../../rows.ts';
import { type Horizon, horizonOf } from './horizon.ts';
import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';
import { toWholeTask, wholeTask } from '../tasks/whole-task.ts';

/** Sorts behind every id. */
const behindAll = '~';

const changed = `SELECT ${wholeTask()}, changed < ${horizonOf('$4')} AS is_known FROM tasks
  WHERE key_id = $1 AND (changed, id) > ($2, $3) ORDER BY changed, id LIMIT $5`;

const latest = `SELECT coalesce((SELECT max(changed) FROM tasks WHERE key_id = $1 AND changed < ${horizonOf('$2')}), 0) AS known,
  coalesce((SELECT max(changed) FROM tasks WHERE key_id = $1), 0) AS latest`;

const numbersOf = `SELECT id, changed FROM tasks WHERE id = ANY ($1)
  UNION ALL
  SELECT * FROM (SELECT wanted.id, (SELECT max(changed) FROM tasks WHERE key_id = wanted.id) AS changed FROM unnest($2::text[]) AS wanted (id)) AS latest
  WHERE changed IS NOT NULL`;

export function createTaskChanges(
  query: Query,
  horizon: Horizon,
): Pick<Required<TaskReads>, 'changedSince' | 'latestChange' | 'changeNumbers'> {
  /** Reads again with a nearer look where something was above the horizon: a transaction of another database may hold that. */
  async function readKnown(read: () => Promise<Row[]>, isKnown: (row: Row) => boolean): Promise<Row[]> {
    const rows = await read();
    if (rows.every(isKnown)) return rows;
    await horizon.look();
    return await read();
  }

  return {
    async changedSince(keyId, number, limit, afterId = behindAll) {
      const isKnown = (row: Row) => row['is_known'] === true;
      const read = () => query(changed, [keyId, number, afterId, horizon.known(), limit]);
      const isOutdated = (row: Row) => !isKnown(row) && (row['changed'] as number) < horizon.known();
      let rows = await readKnown(read, isKnown);
      // The horizon may have been raised meanwhile, and what is withheld below it would not be told of again.
      while (rows.some(isOutdated)) rows = await read();
      for (const row of rows) if (!isKnown(row)) horizon.withhold(row['changed'] as number);
      return rows.filter(isKnown).map(toWholeTask);
    },
    async latestChange(keyId) {
      const read = () => query(latest, [keyId, horizon.known()]);
      const [row] = await readKnown(read, (numbers) => numbers['known'] === numbers['latest']);
      return Number(row?.['known']);
    },
    async changeNumbers(taskIds, keyIds) {
      const rows = await query(numbersOf, [taskIds.map(toColumn), keyIds]);
      return new Map(rows.map((row) => [row['id'] as string, row['changed'] as number]));
    },
  };
}
