// Bounds from which on reads of the order find all that there is. While somebody on the database holds a snapshot no dead row is cleared away,
// and a read without a bound would go through all of them. They only grow, so those of an earlier moment cost time and miss nothing.

import { type DefaultLimits, nothingLimited } from '../../../core/limits/subjects.ts';
import type { Row } from '../../rows.ts';

/** Bounds as parameters of a statement, in the order of `boundsSql`. */
export type BoundValues = readonly [server: string, low: number, since: number, open: readonly number[]];

/** Knowledge that a process has of the order. */
export interface KnownOrder {
  bounds(): BoundValues;
  /** Learns of a read that was committed. */
  learn(seen: SeenOrder): void;
  /** Whether tasks have arrived that no take has put into the lanes, or were due for themselves, as the latest look saw it. */
  hasNews: boolean;
  /** Limits of owners and keys of whom nothing is stored, as the latest take was told. */
  defaults: DefaultLimits;
}

/** Bounds that a read saw. */
export interface SeenOrder {
  /** The database's server. */
  server: string;
  /** Turn below which there is no lane, and will be none. */
  low?: number;
  /** Snapshot of a statement that has taken all arrivals out which it saw, or saw none. */
  snapshot?: string;
}

/**
 * Start of the database's server. Another one, or one that was started anew, may have an earlier state of the records, in which bounds lie too
 * high: a standby that lagged behind, a backup that was restored.
 */
export const serverSql = 'extract(epoch FROM pg_postmaster_start_time())::text';

/** Item of a WITH: the bounds, whose parameters are `$1` to `$4`. */
export const boundsSql = `bounds AS MATERIALIZED (
    SELECT CASE WHEN is_known THEN $2::double precision ELSE 0 END AS low, CASE WHEN is_known THEN $3::bigint ELSE 0 END AS since,
      CASE WHEN is_known THEN $4::bigint[] ELSE '{}' END AS open
    FROM (SELECT ${serverSql} = $1 AS is_known) AS server)`;

/** Condition on lanes, by the lowest turn. */
export const fromLow = 'turn >= (SELECT low FROM bounds)';

/** Lowest turn that a lane has or may get, beside the virtual time `at`. */
export const lowSql = (at: string): string =>
  `least(${at}, (SELECT turn FROM lanes WHERE ${fromLow} ORDER BY turn LIMIT 1))`;

/** SELECT of the arrivals that no take has seen, at most so many. */
export const newArrivals = (limit: number): string => `SELECT * FROM (
      SELECT ctid AS row, * FROM arrivals WHERE transaction_id >= (SELECT since FROM bounds)
      UNION ALL
      SELECT ctid AS row, * FROM arrivals WHERE transaction_id = ANY ((SELECT open FROM bounds)::bigint[])) AS new LIMIT ${limit}`;

/** Item of a WITH: the virtual time, which is the highest tag at which a task was taken. */
export const timeSql = `time AS MATERIALIZED (
    SELECT greatest(0, (SELECT tag FROM lanes ORDER BY tag DESC LIMIT 1), (SELECT tag FROM owner_turns ORDER BY tag DESC LIMIT 1)) AS at)`;

/** Row of the owner among those of its lanes, which all have its turn, or, for whom waits for nothing, the one that was kept. */
export const laneOf = (owner: string): string =>
  `SELECT turn, tag, blocked FROM lanes l WHERE l.owner_id = ${owner} AND l.${fromLow} ORDER BY turn DESC LIMIT 1`;
export const keptOf = (owner: string): string =>
  `SELECT turn, tag FROM owner_turns t WHERE t.owner_id = ${owner} ORDER BY turn DESC LIMIT 1`;

/** Turn of an owner: that of its lanes, or that at which it would begin to wait. */
export const turnOf = (owner: string): string =>
  `coalesce((SELECT turn FROM (${laneOf(owner)}) AS lane), greatest((SELECT turn FROM (${keptOf(owner)}) AS kept), (SELECT at FROM time)))`;

export function createKnownOrder(): KnownOrder {
  let known = { server: '', low: 0, since: 0, open: [] as readonly number[] };
  return {
    defaults: { key: nothingLimited, owner: nothingLimited },
    hasNews: true,
    bounds: () => [known.server, known.low, known.since, known.open],
    learn({ server, low, snapshot }) {
      if (server !== known.server) known = { server, low: 0, since: 0, open: [] };
      if (low !== undefined) known = { ...known, low: Math.max(known.low, low) };
      if (snapshot !== undefined) known = { ...known, ...sinceSnapshot(snapshot, known) };
    },
  };
}

/** Transactions that a snapshot has not seen: from a number on, and those below that were open. https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT */
function sinceSnapshot(snapshot: string, before: { since: number; open: readonly number[] }) {
  const [, xmax = '0', open = ''] = snapshot.split(':');
  const since = Number(xmax);
  if (since < before.since) return before;
  return { since, open: open === '' ? [] : open.split(',').map(Number) };
}

export function seenOf(row: Row | undefined): SeenOrder {
  const { server, low, snapshot } = (row ?? {}) as {
    server?: string;
    low?: number;
    snapshot?: string | null;
  };
  return {
    server: server ?? '',
    ...(low === undefined ? {} : { low }),
    ...(snapshot == null ? {} : { snapshot }),
  };
}
