// The statement that counts running tasks by their keys and owners, in the index that has nothing but them.

import type { DatabaseSync } from 'node:sqlite';
import type { RunningCounts } from '../../../core/limits/standing.ts';
import type { Synchronous } from '../asynchronous.ts';
import { countsAsRunning } from '../order/queue-state.ts';

export function createRunningCounts(database: DatabaseSync): Synchronous<RunningCounts> {
  const count = database.prepare(
    `SELECT key_id AS keyId, owner_id AS ownerId, count(*) AS count FROM tasks INDEXED BY tasks_running
     WHERE ${countsAsRunning} GROUP BY owner_id, key_id`,
  );
  return { countRunning: () => count.all() as { keyId: string; ownerId: string; count: number }[] };
}
