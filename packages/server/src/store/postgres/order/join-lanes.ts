// Puts tasks that have become ready into the lanes: arrivals, and tasks whose own retries are due. Under the lock of takes.

import type { Need } from '../../../core/upstreams/router.ts';
import type { Row } from '../../rows.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import {
  type BoundValues,
  boundsSql,
  keptOf,
  laneOf,
  newArrivals,
  type SeenOrder,
  seenOf,
  serverSql,
  timeSql,
} from './bounds.ts';

/** Place of a task in its lane. */
export interface LanePlace extends Need {
  ownerId: string;
  rank: number;
  id: string;
}

/** Arrivals that one statement takes out. */
const mostArrivals = 10_000;
/** Tasks of each need that one statement finds to be due. */
const mostDue = 200;

/**
 * Statement that makes lanes of the places that the item `ready` of `items` has. Who waits for nothing begins at the virtual time, or at its
 * turn where that is later; who waits keeps its turn. `result` is its SELECT.
 */
export function joiningSql(items: string, result: string): string {
  return `WITH ${boundsSql}, ${items},
  first AS MATERIALIZED (
    SELECT DISTINCT ON (model, inputs, owner_id) model, inputs, owner_id, rank, task_id FROM ready
    ORDER BY model, inputs, owner_id, rank, task_id),
  ${timeSql},
  owners AS MATERIALIZED (
    SELECT owner.owner_id, coalesce(lane.turn, greatest(kept.turn, (SELECT at FROM time))) AS turn, coalesce(lane.tag, kept.tag, 0) AS tag,
      coalesce(lane.blocked, false) AS blocked
    FROM (SELECT DISTINCT owner_id FROM first) AS owner
      LEFT JOIN LATERAL (${laneOf('owner.owner_id')}) AS lane ON true
      LEFT JOIN LATERAL (${keptOf('owner.owner_id')}) AS kept ON true),
  joined AS MATERIALIZED (
    SELECT first.*, owners.turn, tag, blocked,
      (SELECT ctid FROM lanes l WHERE l.owner_id = first.owner_id AND l.turn = owners.turn AND l.model = first.model AND l.inputs = first.inputs LIMIT 1) AS row
    FROM first JOIN owners USING (owner_id)),
  lowered AS (
    UPDATE lanes SET head_rank = joined.rank, head_id = joined.task_id FROM joined
    WHERE lanes.ctid = joined.row AND (joined.rank, joined.task_id) < (head_rank, head_id)),
  added AS (
    INSERT INTO lanes (model, inputs, owner_id, turn, tag, head_rank, head_id, blocked)
    SELECT model, inputs, owner_id, turn, tag, rank, task_id, blocked FROM joined WHERE row IS NULL),
  named AS (
    INSERT INTO needs (model, inputs) SELECT DISTINCT model, inputs FROM first
    WHERE NOT EXISTS (SELECT FROM needs n WHERE n.model = first.model AND n.inputs = first.inputs))
  ${result}`;
}

const askedNeeds = rowParameters<Need>(
  {
    model: ['text', ({ model }) => model],
    inputs: ['integer', ({ inputs }) => inputs],
  },
  { as: 'needed', first: 6 },
);

/** A task that is just being ended is left out, and waited for by nobody. */
const joinSql = joiningSql(
  `came AS (
    DELETE FROM arrivals WHERE ctid = ANY (ARRAY(SELECT row FROM (${newArrivals(mostArrivals)}) AS seen)) RETURNING *),
  due AS (
    UPDATE waiting SET state = 'ready' WHERE ctid = ANY (ARRAY(
      SELECT row FROM ${askedNeeds.table} CROSS JOIN LATERAL (
        SELECT ctid AS row FROM waiting
        WHERE state = 'delayed' AND waiting.model = needed.model AND waiting.inputs = needed.inputs AND due_at <= $5
        ORDER BY due_at LIMIT ${mostDue} FOR UPDATE SKIP LOCKED) AS first))
    RETURNING *),
  ready AS (
    SELECT model, inputs, owner_id, rank, task_id FROM came WHERE model IS NOT NULL
    UNION ALL SELECT model, inputs, owner_id, rank, task_id FROM due)`,
  `SELECT ${serverSql} AS server, pg_current_snapshot()::text AS snapshot, (SELECT count(*) FROM came) AS came,
    (SELECT array_agg(DISTINCT owner_id) FROM came WHERE model IS NULL) AS owners,
    (SELECT array_agg(DISTINCT key_id) FROM came WHERE model IS NULL) AS keys`,
);

export interface Joined {
  seen: SeenOrder;
  /** Whether more may have arrived than one statement takes out. */
  isPart: boolean;
  /** Owners and keys one of whose tasks no longer runs. */
  stopped: { owners: string[]; keys: string[] };
}

/** Puts what has arrived into the lanes, and of these needs the tasks that are due. */
export async function joinLanes(
  query: Query,
  { now, needs, bounds }: { now: number; needs: readonly Need[]; bounds: BoundValues },
): Promise<Joined> {
  const [row] = await query(joinSql, [...bounds, now, ...askedNeeds.of(needs)]);
  const { snapshot, ...seen } = seenOf(row);
  const isPart = Number(row?.['came']) >= mostArrivals;
  return {
    seen: isPart || snapshot === undefined ? seen : { ...seen, snapshot },
    isPart,
    stopped: { owners: listOf(row, 'owners'), keys: listOf(row, 'keys') },
  };
}

const listOf = (row: Row | undefined, name: string) => (row?.[name] as string[] | null | undefined) ?? [];

const places = rowParameters<LanePlace>(
  {
    model: ['text', ({ model }) => model],
    inputs: ['integer', ({ inputs }) => inputs],
    owner_id: ['text', ({ ownerId }) => ownerId],
    rank: ['integer', ({ rank }) => rank],
    task_id: ['text', ({ id }) => id],
  },
  { first: 5 },
);

const rejoinSql = joiningSql(`ready AS (SELECT * FROM ${places.table})`, 'SELECT');

/** Puts places back into the lanes that a take has gone past. */
export async function rejoinLanes(
  query: Query,
  passed: readonly LanePlace[],
  bounds: BoundValues,
): Promise<void> {
  if (passed.length > 0) await query(rejoinSql, [...bounds, ...places.of(passed)]);
}
