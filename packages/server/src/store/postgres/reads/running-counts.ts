// The statement that counts running tasks by their keys and owners, in the indexes that have nothing but them.

import type { RunningCounts } from '../../../core/limits/standing.ts';
import type { Query } from '../database/statements.ts';

/** Calls of tasks that wait to be resumed go on at the upstream. */
const countSql = `SELECT key_id AS "keyId", owner_id AS "ownerId", count(*) AS count FROM (
    SELECT key_id, owner_id FROM tasks WHERE state = 'running'
    UNION ALL SELECT key_id, owner_id FROM waiting WHERE state = 'resumes') AS running
  GROUP BY key_id, owner_id`;

export function createRunningCounts(query: Query): RunningCounts {
  return {
    async countRunning() {
      return (await query(countSql)) as unknown as { keyId: string; ownerId: string; count: number }[];
    },
  };
}
