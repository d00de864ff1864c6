// `node bench/cost.ts [TASKS]`: what tasks and queries cost in PostgreSQL, with one, two and four servers: statements, transactions, rows,
// bytes of its log, notifications, connections and processor time, counted by PostgreSQL itself. Every task is submitted to one server,
// and waited for at the next one. It counts and compares nothing, so a busy machine does it no harm; the rates are not to be quoted.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { type BenchClient, createBenchClient, exchange, submitPath } from './client.ts';
import { startInstantUpstream } from './instant-upstream.ts';
import { type BenchPostgres, startBenchPostgres, withClient } from './postgres/server.ts';
import { allCores, type Measured, processorMs, startPlantain } from './processes.ts';
import { settingsAt } from './rows/postgres/row.ts';
import { smallPicture } from './task-rate.ts';

const tasks = Number(process.argv[2] ?? 1_000);
const polls = 2_000;
const idleMs = 10_000;
const atOnce = 32;

/** Counters of a database so far. */
interface Counters {
  statements: Map<string, number>;
  transactions: number;
  written: number;
  logBytes: number;
  storedBytes: number;
  processorMs: number;
  serversMs: number;
}

const postgres = await startBenchPostgres();
const directory = mkdtempSync(join(tmpdir(), 'plantain-cost-'));
/** Whether the upstream keeps its callers waiting. */
let isHolding = false;
const upstream = await startInstantUpstream(await smallPicture(), () => isHolding);
try {
  for (const servers of [1, 2, 4]) await countFor(servers);
} finally {
  upstream.close();
  await postgres.stop();
  rmSync(directory, { recursive: true });
}

async function countFor(servers: number): Promise<void> {
  const url = await postgres.createDatabase();
  await withClient(url, async (client) => {
    await client.query('CREATE EXTENSION pg_stat_statements');
    const settingsOf = (name: string) => ({
      ...settingsAt(directory, url),
      PLANTAIN_DATA_DIR: join(directory, name),
      PLANTAIN_CONCURRENCY: String(atOnce),
      GEMINI_API_KEY: 'bench',
      GEMINI_BASE_URL: upstream.url,
    });
    const running: Measured[] = [];
    try {
      for (let started = 0; started < servers; started += 1)
        running.push(await startPlantain(settingsOf(`${servers}-${started}`), allCores));
      await countOn(client, running);
    } finally {
      for (const server of running) await server.end();
    }
  });
}

async function countOn(client: Client, running: readonly Measured[]): Promise<void> {
  const clients = running.map(({ url }) => createBenchClient(url));
  const phase = createPhase(client, postgres, running);
  await run(clients, 50);
  console.log(`\n${running.length} server(s), ${(await connectionsOf(client)).join(', ')}`);
  await phase(`idle, a second`, idleMs / 1_000, () => sleep(idleMs));
  await phase('task alone', tasks / 10, () => run(clients, tasks / 10, 1));
  await phase(`task, ${atOnce} at once`, tasks, () => run(clients, tasks));
  const id = await runOne(clients, 0);
  await phase('query of an ended task', polls, () => poll(running, id, 1));
  isHolding = true;
  const live = (await clients[0]?.submit({ prompt: 'a banana' })) ?? '';
  await phase('query of a running task, one at a time', polls, () => poll(running, live, 1));
  await phase(`query of a running task, ${atOnce} at once`, polls, () => poll(running, live, atOnce));
  isHolding = false;
}

/** Prints what a phase costs for each of `count`. */
function createPhase(
  client: Client,
  { processorMs: postgresMs }: BenchPostgres,
  running: readonly Measured[],
) {
  const read = () => readCounters(client, postgresMs, running);
  return async (name: string, count: number, work: () => Promise<unknown>) => {
    const before = await read();
    await work();
    const after = await read();
    const each = (of: (counters: Counters) => number) => ((of(after) - of(before)) / count).toFixed(2);
    console.log(
      `${name}: ${each((c) => c.transactions)} transactions, ${each((c) => c.written)} rows written, ` +
        `${each((c) => c.logBytes)} bytes of log, ${each((c) => c.storedBytes)} bytes stored, ` +
        `${each((c) => c.processorMs)} ms of PostgreSQL, ${each((c) => c.serversMs)} ms of the servers`,
    );
    const some = [...after.statements]
      .map(([text, calls]) => ({ text, calls: calls - (before.statements.get(text) ?? 0) }))
      .filter(({ calls }) => calls / count >= 0.02)
      .toSorted((a, b) => b.calls - a.calls);
    for (const { text, calls } of some) console.log(`  ${(calls / count).toFixed(2)}  ${text}`);
  };
}

async function readCounters(
  client: Client,
  postgresMs: () => number,
  running: readonly Measured[],
): Promise<Counters> {
  // Counters of a connection are there at the latest a second after its last statement.
  await sleep(1_100);
  const { rows } = await client.query<{ query: string; calls: string }>(
    `SELECT query, sum(calls) AS calls FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
     GROUP BY query`,
  );
  const { rows: totals } = await client.query<Record<'transactions' | 'written' | 'log' | 'stored', string>>(
    `SELECT xact_commit + xact_rollback AS transactions, tup_inserted + tup_updated + tup_deleted AS written,
       pg_current_wal_insert_lsn() - '0/0' AS log, pg_database_size(current_database()) AS stored FROM pg_stat_database WHERE datname = current_database()`,
  );
  const statements = new Map<string, number>();
  for (const { query, calls } of rows) {
    const text = query.replace(/\s+/g, ' ').slice(0, 110);
    statements.set(text, (statements.get(text) ?? 0) + Number(calls));
  }
  return {
    statements,
    transactions: Number(totals[0]?.transactions),
    written: Number(totals[0]?.written),
    logBytes: Number(totals[0]?.log),
    storedBytes: Number(totals[0]?.stored),
    processorMs: postgresMs(),
    serversMs: running.reduce((sum, { pid }) => sum + processorMs(pid), 0),
  };
}

async function connectionsOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; count: string }>(
    `SELECT application_name AS name, count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1 ORDER BY 1`,
  );
  return rows.map(({ name, count: connections }) => `${connections} connections of "${name}"`);
}

function run(clients: readonly BenchClient[], count: number, most = atOnce): Promise<void> {
  return repeat(count, most, (place) => runOne(clients, place));
}

/** Submits to one server and waits at the next. */
async function runOne(clients: readonly BenchClient[], place: number): Promise<string> {
  const at = (index: number) => clients[index % clients.length] as BenchClient;
  const id = await at(place).submit({ prompt: 'a banana on a skateboard, in the rain' });
  if ((await at(place + 1).waitForEnd(id)) !== 'succeeded') throw new Error('A task of the bench failed.');
  return id;
}

/** Asks each server in turn. */
function poll(running: readonly Measured[], id: string, most: number): Promise<void> {
  return repeat(polls, most, async (asked) => {
    const { url = '' } = running[asked % running.length] ?? {};
    await exchange('GET', `${url}${submitPath}/${id}`);
  });
}

async function repeat(count: number, most: number, work: (place: number) => Promise<unknown>): Promise<void> {
  let begun = 0;
  const workOn = async () => {
    while (begun < count) await work(begun++);
  };
  await Promise.all(Array.from({ length: most }, workOn));
}
