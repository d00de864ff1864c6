// Reads the order in which the tasks of a model are predicted to be taken.

import { type OwnerTurn } from '../../../core/order/turns.ts';
import { predictOrder, type WaitingTask } from '../../../core/order/predicted-order.ts';
import type { PendingQueue } from '../../../core/tasks/task-reads.ts';
import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';
import { boundsSql, fromLow, type KnownOrder, newArrivals, seenOf, serverSql, timeSql } from './bounds.ts';

const arrivedSql = `WITH ${boundsSql} SELECT ${serverSql} AS server,
  CASE WHEN NOT EXISTS (${newArrivals(1)}) THEN pg_current_snapshot()::text END AS snapshot`;

/** Owners with lanes of the model, by their turns; and those whom running limits hold. `$5` is the model, `$6` how many of each. */
const ownersSql = `WITH RECURSIVE ${boundsSql}, ${timeSql},
  lane AS MATERIALIZED (
    SELECT DISTINCT owner_id, turn FROM needs CROSS JOIN LATERAL (
      SELECT owner_id, turn FROM lanes
      WHERE lanes.model = needs.model AND lanes.inputs = needs.inputs AND NOT blocked AND ${fromLow}
      ORDER BY turn, owner_id LIMIT $6) AS first
    WHERE needs.model = $5),
  held (key_id, is_here) AS (
    (SELECT key_id, model = $5 FROM waiting WHERE state = 'held' ORDER BY key_id, rank, task_id LIMIT 1)
    UNION ALL
    SELECT next.* FROM held CROSS JOIN LATERAL (
      SELECT key_id, model = $5 FROM waiting WHERE state = 'held' AND key_id > held.key_id ORDER BY key_id, rank, task_id LIMIT 1) AS next)
  SELECT time.at,
    (SELECT json_agg(json_build_object('ownerId', owner_id, 'turn', turn, 'weight', coalesce(weight, 1)))
     FROM (SELECT * FROM lane ORDER BY turn, owner_id LIMIT $6) AS first LEFT JOIN owners ON owners.id = owner_id) AS owners,
    ARRAY(SELECT DISTINCT owner_id FROM lanes WHERE blocked AND model = $5 LIMIT $6) AS held_owners,
    ARRAY(SELECT key_id FROM held WHERE is_here LIMIT $6) AS held_keys
  FROM time`;

/** First tasks of owners in all lanes of the model `$5`, for each as many as is asked for. */
const tasksSql = `WITH ${boundsSql} SELECT owner_id, string_agg(task_id || ' ' || rank, ' ' ORDER BY rank, task_id) AS tasks
  FROM unnest($6::text[], $7::integer[]) AS asked (id, most) CROSS JOIN LATERAL (
    SELECT each.* FROM needs CROSS JOIN LATERAL (
      SELECT head_rank, head_id FROM lanes
      WHERE lanes.owner_id = asked.id AND lanes.model = needs.model AND lanes.inputs = needs.inputs AND ${fromLow}
      ORDER BY turn DESC LIMIT 1) AS lane
      CROSS JOIN LATERAL (
      SELECT owner_id, rank, task_id FROM waiting
      WHERE state = 'ready' AND waiting.model = needs.model AND waiting.inputs = needs.inputs AND waiting.owner_id = asked.id
        AND (rank, task_id) >= (head_rank, head_id)
      ORDER BY rank, task_id LIMIT asked.most) AS each
    WHERE needs.model = $5 ORDER BY rank, task_id LIMIT asked.most) AS first
  GROUP BY owner_id`;

/** `join` puts what has arrived into the lanes. */
export async function readPredictedQueue(
  query: Query,
  known: KnownOrder,
  join: () => Promise<void>,
  { model, limit }: { model: string; limit: number },
): Promise<PendingQueue> {
  const seen = seenOf((await query(arrivedSql, known.bounds()))[0]);
  known.learn(seen);
  if (seen.snapshot === undefined) await join();
  const [row] = await query(ownersSql, [...known.bounds(), toColumn(model), limit]);
  const owners = (row?.['owners'] ?? []) as OwnerTurn[];
  const predicting = predictOrder(owners, {
    virtualTime: row?.['at'] as number,
    limit,
    isAll: owners.length < limit,
  });
  let step = predicting.next();
  while (step.done !== true)
    step = predicting.next(await readTasks(query, [...known.bounds(), toColumn(model)], step.value));
  return {
    ...step.value,
    heldOwners: row?.['held_owners'] as string[],
    heldKeys: row?.['held_keys'] as string[],
  };
}

async function readTasks(
  query: Query,
  first: readonly unknown[],
  lacking: ReadonlyMap<string, number>,
): Promise<Map<string, WaitingTask[]>> {
  const rows = await query(tasksSql, [...first, [...lacking.keys()], [...lacking.values()]]);
  return new Map(
    rows.map((row) => {
      const words = (row['tasks'] as string).split(' ');
      const tasks: WaitingTask[] = [];
      for (let index = 0; index + 1 < words.length; index += 2)
        tasks.push({ id: words[index] ?? '', priority: 0 - Number(words[index + 1]) });
      return [row['owner_id'] as string, tasks];
    }),
  );
}
