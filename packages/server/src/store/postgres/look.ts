// Looks at the database on PostgreSQL beside its servers or without one, and changes nothing.

import { isLive } from '../../core/nodes/nodes.ts';
import {
  countLiveSql,
  type LiveEndpoint,
  liveSql,
  toLive,
  toTroubled,
  troubledSql,
} from '../endpoints-on-record.ts';
import { type Counts, statementsOfState, type StateOnRecord } from '../state-on-record.ts';
import { openDatabase } from './database/database.ts';
import { toStartRefusal } from './database/faults.ts';
import { readVersion } from './database/migrate.ts';
import { migrations } from './database/migrations.ts';
import type { Query } from './database/statements.ts';
import { fromColumn } from './database/text.ts';

export interface DatabaseLook {
  /** Such as `18.1`. */
  server: string;
  /** Milliseconds that the clock of the database is ahead of this machine's. */
  aheadMs: number;
  /** Number of servers that work on it. */
  servers: number;
  /** `null` before the first start; without counts where the schema is not that of this version. */
  state: StateOnRecord | { schema: number; newest: number } | null;
}

/** Throws `StartRefusedError` where the database can't be used. */
export async function lookAtPostgres(url: string, now: () => number): Promise<DatabaseLook> {
  return await look(url, async (query) => {
    const askedAt = now();
    const [row] = await query(
      `SELECT current_setting('server_version') AS server, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at,
         to_regclass('plantain_schema') IS NOT NULL AS begun`,
    );
    // The answer was made on its way.
    const aheadMs = Number(row?.['at']) - (askedAt + now()) / 2;
    const about = { server: String(row?.['server']).split(' ')[0] ?? '', aheadMs };
    if (row?.['begun'] !== true) return { ...about, servers: 0, state: null };
    return { ...about, ...(await lookAtRecords(query, now() + aheadMs)) };
  });
}

/** The first endpoints that are told of things, and how many there are. Throws as `lookAtPostgres` does; the schema must be this version's. */
export async function findLiveEndpoints(
  url: string,
  now: number,
): Promise<{ endpoints: LiveEndpoint[]; count: number }> {
  return await look(url, async (query) => {
    const endpoints = toLive(await query(liveSql(now)), fromColumn);
    const [row] = await query(countLiveSql);
    return { endpoints, count: Number(row?.['value']) };
  });
}

async function look<Seen>(url: string, read: (query: Query) => Promise<Seen>): Promise<Seen> {
  const database = openDatabase({ url, connections: { reads: 1, writes: 1 } });
  try {
    return await read(database.query);
  } catch (error) {
    throw toStartRefusal(error, url);
  } finally {
    await database.close();
  }
}

async function lookAtRecords(query: Query, now: number): Promise<Pick<DatabaseLook, 'servers' | 'state'>> {
  const schema = await readVersion(query);
  const newest = migrations.length;
  const beats = await query('SELECT heartbeat_at AS "heartbeatAt" FROM nodes');
  const servers = beats.filter((row) => isLive({ heartbeatAt: Number(row['heartbeatAt']) }, now)).length;
  if (schema !== newest) return { servers, state: { schema, newest } };
  const counts: [string, number][] = [];
  for (const [name, sql] of Object.entries(statementsOfState(Math.round(now)))) {
    const [row] = await query(sql);
    counts.push([name, Number(row?.['value'])]);
  }
  const troubled = (await query(troubledSql(Math.round(now)))).map((row) => toTroubled(row, fromColumn));
  return { servers, state: { schema, newest, ...(Object.fromEntries(counts) as Counts), troubled } };
}
