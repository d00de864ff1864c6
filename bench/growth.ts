// `npm run bench:growth [-- SMALL LARGE] [ended] [waiting]`: what the store on PostgreSQL costs with 10,000 and with 1,000,000 tasks, ended ones and waiting
// ones, the latter also with a snapshot held open. Prints a table, indexes that nothing used, tables that were read through, and what
// autovacuum leaves while tasks are deleted. It starts a PostgreSQL of its own, or takes the server at PLANTAIN_BENCH_POSTGRES.

import { setTimeout as delay } from 'node:timers/promises';
import { createLocalChanges } from 'plantain-server/src/core/tasks/changes.ts';
import { type Database, openDatabase } from 'plantain-server/src/store/postgres/database/database.ts';
import { migrateAt } from 'plantain-server/src/store/postgres/database/migrate.ts';
import { startPostgres } from 'plantain-server/src/store/postgres/database/server.fixture.ts';
import { createPostgresStore } from 'plantain-server/src/store/postgres/postgres-store.ts';
import type { Store } from 'plantain-server/src/store/store.ts';
import { churn } from './growth/churn.ts';
import { endOldest, fill } from './growth/fill.ts';
import { lifeOfTask, type Operation, reads, sweeps, webhooks } from './growth/operations.ts';
import { loadNow } from './machine.ts';
import { median } from './processes.ts';
import { sayStep } from './rows/progress.ts';

const [small = 10_000, large = 1_000_000] = process.argv.slice(2).map(Number).filter(Number.isInteger);
const states = ['ended', 'waiting'].filter((state) => process.argv.includes(state));
const rounds = 30;
const server =
  process.env['PLANTAIN_BENCH_POSTGRES'] === undefined
    ? await startPostgres(['-c', 'shared_buffers=512MB'])
    : null;
const urlOf = (name: string) =>
  server?.urlOf(name) ??
  Object.assign(new URL(process.env['PLANTAIN_BENCH_POSTGRES'] ?? ''), { pathname: `/${name}` }).href;
const untimed = { statementMs: 0, answerMs: 0, pauseMs: 0 };

interface Scene {
  title: string;
  tasks: number;
  state: 'ended' | 'waiting';
  isHeld?: boolean;
}

const allScenes: Scene[] = [
  { title: `${small} ended`, tasks: small, state: 'ended' },
  { title: `${large} ended`, tasks: large, state: 'ended' },
  { title: `${small} waiting`, tasks: small, state: 'waiting' },
  { title: `${large} waiting`, tasks: large, state: 'waiting' },
  { title: `${large} waiting, held`, tasks: large, state: 'waiting', isHeld: true },
];

const scenes = allScenes.filter(({ state }) => states.length === 0 || states.includes(state));
const results = new Map<string, string[]>();
try {
  for (const scene of scenes) await inDatabase(scene);
  print();
} finally {
  await server?.stop();
}

async function inDatabase(scene: Scene): Promise<void> {
  const name = `plantain_growth_${process.pid}`;
  const admin = openDatabase({ url: urlOf('postgres'), timeouts: untimed });
  await admin.query(`CREATE DATABASE ${name}`);
  const url = urlOf(name);
  await migrateAt(url);
  const database = openDatabase({ url, timeouts: untimed });
  const { store } = createPostgresStore({ url, changes: createLocalChanges() });
  try {
    const began = performance.now();
    sayStep(`${scene.title}: filling a database ...`);
    await fill(database, scene.tasks, scene.state);
    console.error(
      `${scene.title}: filled in ${((performance.now() - began) / 1000).toFixed(0)} s; load ${loadNow()}`,
    );
    const measured = () => measure(store, database);
    await (scene.isHeld === true ? holding(database, measured) : measured());
    if (scene.tasks !== large) return;
    await describeTables(scene, database);
    if (scene.state === 'ended') await churn(store, database);
  } finally {
    await store.close();
    await database.close();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.close();
  }
}

/** Works while another transaction holds a snapshot of the time when a fifth of what waited had not been taken yet. */
async function holding(database: Database, work: () => Promise<void>): Promise<void> {
  await database.transaction(async (query) => {
    await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await query('SELECT FROM tasks LIMIT 1');
    await endOldest(database);
    await work();
  });
}

async function measure(store: Store, { query }: Database): Promise<void> {
  const rows = await query('SELECT id, key_id FROM tasks TABLESAMPLE SYSTEM (5) LIMIT 500');
  const ids = rows.map((row) => row['id'] as string);
  const keyOf = new Map(rows.map((row) => [row['id'] as string, row['key_id'] as string]));
  const operations: Operation[] = [
    ...lifeOfTask(store),
    ...reads(store, ids, keyOf),
    ...webhooks(store, ids),
    ...sweeps(store),
  ];
  for (const { name, run } of operations) {
    const times: number[] = [];
    for (let round = -2; round < rounds; round += 1) {
      const began = performance.now();
      await run();
      if (round >= 0) times.push(performance.now() - began);
    }
    const before = results.get(name) ?? [];
    results.set(name, [...before, median(times).toFixed(2)]);
    console.error(`  ${name}: ${median(times).toFixed(2)} ms, at most ${Math.max(...times).toFixed(1)}`);
  }
}

async function describeTables({ title }: Scene, { query }: Database): Promise<void> {
  // Connections report what they did when they have been idle for ten seconds.
  await delay(11_000);
  const unused = await query(
    `SELECT indexrelname AS name FROM pg_stat_user_indexes WHERE idx_scan = 0 ORDER BY 1`,
  );
  const through = await query(
    `SELECT relname AS name, seq_scan AS scans, n_live_tup AS rows, n_dead_tup AS dead, pg_size_pretty(pg_total_relation_size(relid)) AS size
     FROM pg_stat_user_tables WHERE n_live_tup + n_dead_tup > 1000 ORDER BY 1`,
  );
  console.log(`${title}: indexes not used: ${unused.map(({ name }) => String(name)).join(', ') || 'none'}`);
  for (const { name, scans, rows, dead, size } of through)
    console.log(
      `  ${String(name)}: ${String(rows)} rows, ${String(dead)} dead, ${String(size)}, read through ${String(scans)} times`,
    );
}

function print(): void {
  console.log(`\n| ms, median of ${rounds} | ${scenes.map(({ title }) => title).join(' | ')} |`);
  console.log(`| --- | ${scenes.map(() => '---').join(' | ')} |`);
  for (const [name, times] of results) console.log(`| ${name} | ${times.join(' | ')} |`);
}
