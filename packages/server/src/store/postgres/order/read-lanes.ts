// Reads the lanes of needs whose turn is next, each with as many of its first tasks as may be taken of it.

import type { OwnerTurn } from '../../../core/order/turns.ts';
import type { Need } from '../../../core/upstreams/router.ts';
import type { Row } from '../../rows.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import {
  type BoundValues,
  boundsSql,
  fromLow,
  lowSql,
  newArrivals,
  type SeenOrder,
  seenOf,
  serverSql,
  timeSql,
} from './bounds.ts';

/** First task of a lane's, or one behind it. */
export interface ReadyTask {
  id: string;
  keyId: string;
  rank: number;
}

export interface Lane extends OwnerTurn {
  /** Where its row lies. */
  row: string;
  tasks: ReadyTask[];
  /** Whether it has no more tasks than those. */
  isWhole: boolean;
}

/** Lanes of a need, in the order of their turns. */
export interface NeedLanes extends Need {
  limit: number;
  lanes: Lane[];
  /** Whether there are no more lanes than those. */
  isWhole: boolean;
}

export interface LanesRead {
  needs: NeedLanes[];
  virtualTime: number;
  /** Whether there are tasks that have arrived, or are due, and are in no lane. */
  hasNews: boolean;
  /** Whether the store limits one of the owners and keys. */
  isLimited: boolean;
  seen: SeenOrder;
}

interface AskedNeed extends Need {
  limit: number;
  /** How many lanes are read: those that come first may have moved, by what was taken for the needs before. */
  lanes: number;
  /** How many tasks of each lane are read at least. */
  least: number;
}

const asked = rowParameters<AskedNeed>(
  {
    model: ['text', ({ model }) => model],
    inputs: ['integer', ({ inputs }) => inputs],
    most: ['integer', ({ limit }) => limit],
    lanes: ['integer', ({ lanes }) => lanes],
    least: ['integer', ({ least }) => least],
  },
  { first: 6 },
);

/**
 * If every lane had tasks enough, no more than its share would be taken of one: there are that many tags up to the level at which all lanes
 * together have as many as are taken. One task more is read, which is the next head. A lane may have fewer, and then others lack some.
 */
const readSql = `WITH ${boundsSql}, ${timeSql},
  turns AS MATERIALIZED (
    SELECT asked.place, most, asked.lanes, least, l.*, coalesce(owners.weight, 1) AS weight,
      greatest(l.turn, (SELECT at FROM time)) AS tag
    FROM ${asked.table} CROSS JOIN LATERAL (
      SELECT ctid AS row, model, inputs, owner_id, turn, head_rank, head_id FROM lanes
      WHERE lanes.model = asked.model AND lanes.inputs = asked.inputs AND NOT blocked AND ${fromLow}
      ORDER BY turn, owner_id LIMIT asked.lanes) AS l
    LEFT JOIN owners ON owners.id = l.owner_id),
  shares AS MATERIALIZED (
    SELECT *, 1 + greatest(least, least(most, 1 + floor((max(tag) OVER need + lanes / sum(weight) OVER need - tag) * weight))::integer) AS wanted
    FROM turns WINDOW need AS (PARTITION BY place)),
  tasks AS MATERIALIZED (
    SELECT s.row, w.* FROM shares s CROSS JOIN LATERAL (
      SELECT task_id, key_id, rank FROM waiting
      WHERE state = 'ready' AND waiting.model = s.model AND waiting.inputs = s.inputs AND waiting.owner_id = s.owner_id
        AND (rank, task_id) >= (s.head_rank, s.head_id) AND deadline_at > $5
      ORDER BY rank, task_id LIMIT s.wanted) AS w)
  SELECT ${serverSql} AS server, ${lowSql('time.at')} AS low, time.at,
    EXISTS (${newArrivals(1)}) OR EXISTS (SELECT FROM ${asked.table} CROSS JOIN LATERAL (
      SELECT FROM waiting WHERE state = 'delayed' AND waiting.model = asked.model AND waiting.inputs = asked.inputs AND due_at <= $5 LIMIT 1) AS due) AS has_news,
    EXISTS (SELECT FROM limits WHERE subject_id = ANY (ARRAY(SELECT owner_id FROM shares UNION ALL SELECT key_id FROM tasks))) AS is_limited,
    s.place, s.row, s.owner_id, s.turn, s.weight, s.wanted, t.tasks
  FROM time LEFT JOIN shares s ON true
    LEFT JOIN (SELECT row, string_agg(task_id || ' ' || key_id || ' ' || rank, ' ' ORDER BY rank, task_id) AS tasks FROM tasks GROUP BY row) AS t USING (row)
  ORDER BY s.place, s.turn, s.owner_id`;

/** Reads lanes for takes of so many of each need, one after another. */
export async function readLanes(
  query: Query,
  {
    needs,
    now,
    least,
    bounds,
  }: { needs: readonly (Need & { limit: number })[]; now: number; least: number; bounds: BoundValues },
): Promise<LanesRead> {
  let lanes = 0;
  const all = needs.map((need) => ({ ...need, least, lanes: (lanes += need.limit) }));
  const rows = await query(readSql, [...bounds, now, ...asked.of(all)]);
  return {
    needs: all.map(({ model, inputs, limit, lanes: most }, index) => {
      const own = rows.filter((row) => row['place'] === index + 1).map(toLane);
      return { model, inputs, limit, lanes: own, isWhole: own.length < most };
    }),
    virtualTime: rows[0]?.['at'] as number,
    hasNews: rows[0]?.['has_news'] === true,
    isLimited: rows[0]?.['is_limited'] === true,
    seen: seenOf(rows[0]),
  };
}

function toLane(row: Row): Lane {
  const words = ((row['tasks'] as string | null) ?? '').split(' ');
  const tasks: ReadyTask[] = [];
  for (let index = 0; index + 2 < words.length; index += 3)
    tasks.push({ id: words[index] ?? '', keyId: words[index + 1] ?? '', rank: Number(words[index + 2]) });
  return {
    row: row['row'] as string,
    ownerId: row['owner_id'] as string,
    turn: row['turn'] as number,
    weight: row['weight'] as number,
    tasks,
    isWhole: tasks.length < (row['wanted'] as number),
  };
}
