// Looks at the queue: which needs have something to take, and whose turn it is in each. It reads the lanes, and what has arrived since the last
// take put it into them.

import { isBefore, tagAt } from '../../../core/order/turns.ts';
import type { PendingNeed, PendingWork, TaskQueue } from '../../../core/tasks/task-queue.ts';
import type { Query } from '../database/statements.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';
import {
  boundsSql,
  fromLow,
  type KnownOrder,
  laneOf,
  lowSql,
  newArrivals,
  type SeenOrder,
  seenOf,
  serverSql,
  timeSql,
  turnOf,
} from './bounds.ts';
import { giveOn } from './held.ts';
import { joinLanes } from './join-lanes.ts';

/** Arrivals above which they are put into the lanes first, as where nothing was taken for long. */
const manyArrivals = 500;

/**
 * Time of the look. As a parameter it would have PostgreSQL plan the statement each time, as if it were worth it to know how many deadlines are
 * over, and that takes ten times as long as to run it.
 */
const nowSql = '(SELECT now FROM asked)';

/** First ready task of a lane from a place on that is within its deadline. */
const firstReady = (lane: string, rank: string, id: string) => `
    SELECT due_at FROM waiting w
    WHERE w.state = 'ready' AND w.model = ${lane}.model AND w.inputs = ${lane}.inputs AND w.owner_id = ${lane}.owner_id
      AND (rank, task_id) >= (${rank}, ${id}) AND deadline_at > ${nowSql}
    ORDER BY rank, task_id LIMIT 1`;

/**
 * Ready work of a need is that of the lane whose turn it is, and of lanes that have arrived since. Where tasks have stopped to run, whose owner or
 * key was at its limit, those count that it held.
 */
const lookSql = `WITH ${boundsSql}, ${timeSql}, asked AS MATERIALIZED (SELECT $5::bigint AS now),
  came AS MATERIALIZED (${newArrivals(manyArrivals)}),
  arrived AS (
    SELECT model, inputs, owner_id, ${turnOf('came.owner_id')} AS turn, ready.due_at
    FROM came LEFT JOIN LATERAL (${laneOf('came.owner_id')}) AS lane ON true
      CROSS JOIN LATERAL (${firstReady('came', 'came.rank', 'came.task_id')}) AS ready
    WHERE model IS NOT NULL AND lane.blocked IS NOT TRUE),
  stopped AS MATERIALIZED (SELECT DISTINCT owner_id, key_id FROM came WHERE model IS NULL),
  freed AS (
    SELECT model, inputs, owner_id, turn, ${nowSql} AS due_at FROM lanes WHERE blocked AND owner_id = ANY (ARRAY(SELECT owner_id FROM stopped))
    UNION ALL
    SELECT held.model, held.inputs, held.owner_id, ${turnOf('held.owner_id')}, held.due_at
    FROM stopped CROSS JOIN LATERAL (
      SELECT * FROM waiting WHERE state = 'held' AND waiting.key_id = stopped.key_id ORDER BY rank, task_id LIMIT 1) AS held),
  heads AS (
    SELECT needs.model, needs.inputs, head.* FROM needs CROSS JOIN LATERAL (
      SELECT owner_id, turn, ready.due_at FROM lanes CROSS JOIN LATERAL (${firstReady('lanes', 'head_rank', 'head_id')}) AS ready
      WHERE lanes.model = needs.model AND lanes.inputs = needs.inputs AND NOT blocked AND ${fromLow}
      ORDER BY turn, owner_id LIMIT 1) AS head),
  delayed AS (
    SELECT needs.model, needs.inputs, owner_id, ${turnOf('first.owner_id')} AS turn, due_at
    FROM needs CROSS JOIN LATERAL (
      SELECT owner_id, due_at FROM waiting WHERE state = 'delayed' AND waiting.model = needs.model AND waiting.inputs = needs.inputs AND deadline_at > ${nowSql}
      ORDER BY due_at LIMIT 1) AS first),
  found AS (
    SELECT *, least(due_at, ${nowSql}) AS at, true AS ready FROM (SELECT * FROM arrived UNION ALL SELECT * FROM freed UNION ALL SELECT * FROM heads) AS now
    UNION ALL SELECT *, due_at, false FROM delayed)
  SELECT ${serverSql} AS server, time.at AS virtual_time, ${lowSql('time.at')} AS low, (SELECT count(*) FROM came) AS came,
    CASE WHEN NOT EXISTS (SELECT FROM came) THEN pg_current_snapshot()::text END AS snapshot,
    EXISTS (SELECT FROM waiting WHERE state = 'resumes' AND due_at <= ${nowSql} AND deadline_at > ${nowSql}) AS has_operations,
    (SELECT json_agg(json_build_object('model', model, 'inputs', inputs, 'ownerId', owner_id, 'turn', turn,
        'weight', coalesce(weight, 1), 'dueAt', found.at, 'isReady', ready) ORDER BY model, inputs)
     FROM found LEFT JOIN owners ON owners.id = owner_id) AS needs
  FROM time`;

interface FoundNeed extends PendingNeed {
  isReady: boolean;
}

export function createPendingWork(
  query: Query,
  takes: Pick<Writer, 'write'>,
  known: KnownOrder,
): TaskQueue['pendingWork'] {
  return async (now) => {
    for (;;) {
      const [row] = await query(lookSql, [...known.bounds(), now]);
      known.learn(seenOf(row));
      const found = (row?.['needs'] ?? []) as FoundNeed[];
      known.hasNews =
        Number(row?.['came']) > 0 || found.some(({ isReady, dueAt }) => !isReady && dueAt <= now);
      if (Number(row?.['came']) < manyArrivals) {
        const virtualTime = Number(row?.['virtual_time'] ?? 0);
        return toWork(found, { virtualTime, hasOperations: row?.['has_operations'] === true });
      }
      await joinAll(takes, known);
    }
  };
}

/** Puts everything that has arrived into the lanes. */
export async function joinAll(takes: Pick<Writer, 'write'>, known: KnownOrder): Promise<void> {
  for (;;) {
    const { seen, isPart } = await takes.write(join, [known]);
    known.learn(seen);
    if (!isPart) return;
  }
}

const join = oneByOne(
  async ({ query }: Transaction, known: KnownOrder): Promise<{ seen: SeenOrder; isPart: boolean }> => {
    const bounds = known.bounds();
    const joined = await joinLanes(query, { now: 0, needs: [], bounds });
    await giveOn(query, joined.stopped, { defaults: known.defaults, bounds });
    return joined;
  },
);

/** Of each need the owner whose turn it is; where nothing is ready, the task that is due first. */
function toWork(
  found: readonly FoundNeed[],
  { virtualTime, hasOperations }: { virtualTime: number; hasOperations: boolean },
): PendingWork {
  const needs = new Map<string, FoundNeed>();
  for (const each of found) {
    const name = JSON.stringify([each.model, each.inputs]);
    const known = needs.get(name);
    if (known === undefined || comesBefore(each, known)) needs.set(name, each);
  }
  return { needs: [...needs.values()].map((need) => toNeed(need, virtualTime)), hasOperations };
}

const toNeed = (
  { model, inputs, ownerId, turn, weight, dueAt }: FoundNeed,
  virtualTime: number,
): PendingNeed => ({
  model,
  inputs,
  ownerId,
  turn: tagAt(turn, virtualTime),
  weight,
  dueAt,
});

function comesBefore(a: FoundNeed, b: FoundNeed): boolean {
  return a.isReady === b.isReady ? a.isReady && isBefore(a, b) : a.isReady;
}
