// Statements about the times on record. They take what waits out of a future that the clock was in by mistake; only what is still to be
// done is touched: if it is today's time that is wrong, what has ended keeps its times, lest it be taken for old and deleted.

import type { TimeOnRecord } from '../../../core/tasks/task-store.ts';
import { usageOfPull } from '../../../core/usage/usage-changes.ts';
import { changedColumns, changeOf, toUsedTask } from '../../rows.ts';
import { changedNow } from '../changes-order.ts';
import type { Query } from '../database/statements.ts';
import { arriving } from '../order/arrivals.ts';
import { freeDeliveries, pullDeliveriesBack } from '../webhooks/deliveries.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';
import { maxClaimMs, maxDeadlineMs } from '../../wrong-clocks.ts';

/** The writer's transactions begin with the lock of takes. */
export function createTimeOnRecord(query: Query, { write }: Pick<Writer, 'write'>): TimeOnRecord {
  return {
    async latestTime() {
      const [row] = await query(
        `SELECT max(updated_at) AS at
         FROM (SELECT updated_at FROM tasks ORDER BY changed DESC FETCH FIRST ROW WITH TIES) AS latest`,
      );
      return Number(row?.['at'] ?? 0);
    },
    async pullBack(now) {
      const pulled = await untilNone(() => write(pullTasksBack, [now]));
      await write(arriveAgain, []);
      await write(freeClaims, [now]);
      await untilNone(() => write(pullDeliveriesBack, [now, rowsOfStep]));
      await write(freeDeliveries, [now]);
      return pulled;
    },
  };
}

/** Rows of one step: there may be as many as wait, and nobody takes a task meanwhile. */
const rowsOfStep = 5_000;

/** Under the lock of takes: nobody takes a task while its place in the queue changes. */
const pullTasksBack = oneByOne(async ({ query, note, use }: Transaction, now: number): Promise<number> => {
  const pulled = await query(pullTasks, [now, rowsOfStep]);
  await query(
    `UPDATE waiting SET due_at = tasks.due_at, deadline_at = tasks.deadline_at FROM tasks
     WHERE waiting.task_id = ANY ($1) AND tasks.id = waiting.task_id`,
    [pulled.map(({ id }) => id)],
  );
  await query(
    'UPDATE attempts SET started_at = least(started_at, $2), finished_at = least(finished_at, $2) WHERE task_id = ANY ($1)',
    [pulled.map(({ id }) => id), now],
  );
  for (const row of pulled) note(changeOf(row));
  const ahead = pulled.filter(({ created_at: createdAt }) => Number(createdAt) > now);
  use(ahead.flatMap((row) => usageOfPull(toUsedTask(row), { reserved: Number(row['reserved']), now })));
  return pulled.length;
});

const pullTasks = `WITH ahead AS MATERIALIZED (
    SELECT id FROM tasks WHERE state IN ('pending', 'running') AND updated_at > $1 LIMIT $2),
  held AS MATERIALIZED (
    SELECT id, key_id, coalesce(owner_id, key_id) AS of_owner, model, created_at, coalesce(reserved_micro_usd, 0) AS reserved FROM tasks WHERE id = ANY (ARRAY(SELECT id FROM ahead)) AND state IN ('pending', 'running') AND updated_at > $1
    ORDER BY id FOR NO KEY UPDATE),
  pulled AS (
    UPDATE tasks SET changed = ${changedNow}, updated_at = $1, created_at = least(created_at, $1), due_at = least(due_at, $1),
      deadline_at = CASE WHEN deadline_at > $1 + ${maxDeadlineMs} THEN $1 + deadline_at - created_at ELSE deadline_at END
    WHERE id = ANY (ARRAY(SELECT id FROM held)) RETURNING ${changedColumns})
  SELECT pulled.*, of_owner, model, created_at, reserved FROM pulled JOIN held USING (id)`;

/** Lanes went whose tasks all seemed to be past their deadlines. */
const arriveAgain = oneByOne(async ({ query }: Transaction): Promise<void> => {
  await query(arriving(`SELECT * FROM waiting WHERE state = 'ready'`));
});

const freeClaims = oneByOne(async ({ query }: Transaction, now: number): Promise<void> => {
  await query('UPDATE tasks SET claimed_until = NULL WHERE claimed_until > $1::bigint + $2', [
    now,
    maxClaimMs,
  ]);
});

/** Repeats a step until it changes nothing; gives the number of rows of all. */
async function untilNone(step: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let done = await step(); done > 0; done = await step()) total += done;
  return total;
}
