// Takes what waits out of a future that the clock was in by mistake. Only what is still to be done is touched: if it is today's time
// that is wrong, what has ended keeps its times, lest it be taken for old and deleted.

import { endClaims } from './claims.ts';
import { changedColumns, changeOf, toUsedTask } from '../../rows.ts';
import type { WriteParts } from './write-parts.ts';
import { maxDeadlineMs, maxDelayMs } from '../../wrong-clocks.ts';

export function createSetBackWrites({ database, note, usage }: WriteParts) {
  const tasksAhead = database.prepare(
    `SELECT key_id, coalesce(owner_id, key_id) AS of_owner, model, created_at, coalesce(reserved_micro_usd, 0) AS reserved
     FROM tasks WHERE state IN ('pending', 'running') AND updated_at > :now AND created_at > :now`,
  );
  const pullTasks = database.prepare(
    `UPDATE tasks SET changed = next_change(), updated_at = :now, created_at = min(created_at, :now), due_at = min(due_at, :now),
       deadline_at = iif(deadline_at > :now + ${maxDeadlineMs}, :now + deadline_at - created_at, deadline_at)
     WHERE state IN ('pending', 'running') AND updated_at > :now RETURNING ${changedColumns}`,
  );
  const pullAttempts = database.prepare(
    'UPDATE attempts SET started_at = min(started_at, :now), finished_at = min(finished_at, :now) WHERE task_id = :id',
  );
  const pullDeliveries = database.prepare(
    `UPDATE webhook_deliveries SET created_at = min(created_at, :now), counted_from = min(counted_from, :now), due_at = :now
     WHERE state = 'pending' AND (counted_from > :now OR due_at > :now + ${maxDelayMs})`,
  );
  return {
    pullBack(now: number): number {
      for (const row of tasksAhead.all({ now }))
        usage.pulledBack(toUsedTask(row), { reserved: Number(row['reserved']), now });
      const pulled = pullTasks.all({ now });
      for (const row of pulled) {
        pullAttempts.run({ id: row['id'] as string, now });
        note(changeOf(row));
      }
      pullDeliveries.run({ now });
      // One that was made in that future would last until then.
      endClaims(database);
      return pulled.length;
    },
  };
}
