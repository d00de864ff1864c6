// Calls since the quota of a day began anew, for upstreams that have one. A call is counted when it is opened or set aside, under the lock of
// takes; of one that was set aside and not made, the count is given back.

import type { CallTarget } from '../../../core/tasks/task-queue.ts';
import type { CallCounts, Day } from '../../../core/upstreams/shared-calls.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';

const asked = rowParameters<Day>({
  upstream: ['text', ({ upstream }) => upstream],
  began: ['bigint', ({ since }) => since],
});

/** A day that began later is that of a process whose clock is a little ahead. */
const read = `SELECT upstream, credential, count FROM calls_of_day JOIN ${asked.table} USING (upstream) WHERE since >= began`;

/** Reads the counts of these days; `missing` are those that nobody has begun to count. */
export async function readDays(
  query: Query,
  days: readonly Day[],
): Promise<{ counts: CallCounts[]; missing: Day[] }> {
  const rows = await query(read, asked.of(days));
  const known = new Set(rows.map((row) => row['upstream']));
  return {
    counts: rows.map((row) => ({
      upstream: row['upstream'] as string,
      credential: row['credential'] as string,
      open: 0,
      today: row['count'] as number,
    })),
    missing: days.filter(({ upstream }) => !known.has(upstream)),
  };
}

const count = `INSERT INTO calls_of_day (upstream, credential, since, count)
  SELECT $1, credential, $2::bigint, count(*) - 1 FROM (
    SELECT '' AS credential UNION ALL SELECT DISTINCT credential FROM calls
    UNION ALL SELECT credential FROM calls) AS each GROUP BY credential`;

/** Begins the days that nobody has begun, with the calls that were made since. */
export async function startMissingDays(query: Query, days: readonly Day[]): Promise<void> {
  const { missing } = await readDays(query, days);
  for (const { upstream, since } of missing) {
    await query('DELETE FROM calls_of_day WHERE upstream = $1', [upstream]);
    await query(
      `WITH calls AS MATERIALIZED (
         SELECT credential FROM attempts WHERE started_at >= $2 AND upstream = $1 AND credential IS NOT NULL
         UNION ALL
         SELECT credential FROM calls_set_aside WHERE set_aside_at >= $2 AND upstream = $1)
       ${count}`,
      [upstream, since],
    );
  }
}

const called = rowParameters<CallTarget>(
  {
    upstream: ['text', ({ upstream }) => upstream],
    credential: ['text', ({ credential }) => credential],
  },
  { as: 'called' },
);

const add = `INSERT INTO calls_of_day (upstream, credential, since, count)
  SELECT called.upstream, called.credential, day.since, count(*)
  FROM ${called.table} JOIN calls_of_day AS day ON day.upstream = called.upstream AND day.credential = ''
  GROUP BY called.upstream, called.credential, day.since
  ON CONFLICT (upstream, credential) DO UPDATE SET count = calls_of_day.count + excluded.count`;

/** Counts calls that were opened or set aside, of upstreams whose day is counted. */
export async function addToDays(
  query: Query,
  days: readonly Day[],
  calls: readonly CallTarget[],
): Promise<void> {
  const counted = calls.filter((call) => days.some(({ upstream }) => upstream === call.upstream));
  if (counted.length > 0) await query(add, called.of(counted));
}

/** Item of a WITH after `no_longer`, whose calls were not made. */
export const givenBack = `given_back AS (
  UPDATE calls_of_day AS day SET count = day.count - given.count
  FROM (SELECT upstream, credential, count(*) AS count FROM no_longer JOIN calls_of_day USING (upstream, credential)
        WHERE set_aside_at >= since GROUP BY upstream, credential) AS given
  WHERE day.upstream = given.upstream AND day.credential = given.credential)`;
