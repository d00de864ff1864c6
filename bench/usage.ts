// `node bench/usage.ts`: how long reports take with the usage of a million tasks, of a year, 100 keys of 20 owners, three models and two
// upstreams, on both stores. It starts a PostgreSQL of its own; without one on this machine only SQLite is measured.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createLocalChanges } from 'plantain-server/src/core/tasks/changes.ts';
import type { UsageName, UsageQuery, UsageStore } from 'plantain-server/src/core/usage/usage.ts';
import { dayMs, dayOf } from 'plantain-server/src/lib/time/days.ts';
import { openDatabase } from 'plantain-server/src/store/postgres/database/database.ts';
import { migrateAt } from 'plantain-server/src/store/postgres/database/migrate.ts';
import { startPostgres } from 'plantain-server/src/store/postgres/database/server.fixture.ts';
import { createPostgresStore } from 'plantain-server/src/store/postgres/postgres-store.ts';
import { databaseFile } from 'plantain-server/src/store/sqlite/database-file.ts';
import { openSqliteStore } from 'plantain-server/src/store/sqlite/sqlite-store.ts';
import { loadNow } from './machine.ts';
import { median } from './processes.ts';

const today = dayOf(Date.now());
const days = 365;
const tasks = 1_000_000;
const rounds = 11;

/** Rows for each day, key, model and upstream; `counter` gives the numbers from 0 to one below its argument. */
const rowsSql = (counter: (count: number) => string, part: string) => `INSERT INTO usage_days
  (day, key_id, owner_id, model, upstream, submitted, succeeded, failed, cancelled, pictures, cost_micro_usd, charged_micro_usd, reserved_micro_usd${part === '' ? '' : ', part'})
  SELECT ${today} - CAST(d.i AS bigint) * ${dayMs}, 'key_' || k.i, 'own_' || (k.i % 20), 'model_' || m.i, 'upstream_' || u.i, n, n, 0, 0, n, n * 39000, n * 50000, 0${part}
  FROM ${counter(days)} AS d, ${counter(100)} AS k, ${counter(3)} AS m, ${counter(2)} AS u,
    (SELECT ${Math.ceil(tasks / (days * 600))} AS n) AS each`;

const since = (count: number) => ({ from: today - (count - 1) * dayMs, to: today });
const reports: [string, Omit<UsageQuery, 'limit'>][] = [
  ['a key, 30 days, by day and model', { ...since(30), by: ['day', 'model'], only: { key: 'key_7' } }],
  ['a key, a year, by day and model', { ...since(365), by: ['day', 'model'], only: { key: 'key_7' } }],
  ['all, a day, by key and model', { ...since(1), by: ['key', 'model'], only: {} }],
  ['all, 30 days, by owner', { ...since(30), by: ['owner'], only: {} }],
  [
    'all, 30 days, by everything but the day',
    { ...since(30), by: ['owner', 'key', 'model', 'upstream'], only: {} },
  ],
  ['all, a year, by owner', { ...since(365), by: ['owner'], only: {} }],
  [
    'all, a year, by day and upstream',
    { ...since(365), by: ['day', 'upstream'] satisfies UsageName[], only: {} },
  ],
];

async function measure(name: string, store: UsageStore): Promise<void> {
  const [sum] = await store.usageOf({ ...since(days), by: [], only: {}, limit: 2 });
  console.log(
    `\n${name}: ${sum?.submitted.toLocaleString('en')} tasks, load ${loadNow()}; median and least of ${rounds}`,
  );
  for (const [title, query] of reports) {
    const times: number[] = [];
    let rows = 0;
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      rows = (await store.usageOf({ ...query, limit: 10_001 })).length;
      times.push(performance.now() - began);
    }
    const [middle, least] = [median(times), Math.min(...times)].map((ms) => ms.toFixed(1).padStart(6));
    console.log(`  ${middle} ${least} ms  ${title} (${rows} rows)`);
  }
}

async function onSqlite(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-usage-'));
  const open = () =>
    openSqliteStore({
      directory,
      changes: createLocalChanges(),
      onDeath(error) {
        throw error;
      },
    });
  await open().close();
  const database = new DatabaseSync(databaseFile(directory));
  const counter = (count: number) =>
    `(WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < ${count - 1}) SELECT i FROM c)`;
  database.exec(rowsSql(counter, ''));
  database.close();
  const store = open();
  await measure('SQLite', store);
  await store.close();
  rmSync(directory, { recursive: true });
}

async function onPostgres(): Promise<void> {
  const server = await startPostgres(['-c', 'shared_buffers=512MB']);
  if (server === null) return;
  try {
    const url = server.urlOf('postgres');
    await migrateAt(url);
    const database = openDatabase({ url, timeouts: { statementMs: 0, answerMs: 0, pauseMs: 0 } });
    await database.query(
      rowsSql((count) => `generate_series(0, ${count - 1})`, ', -1').replaceAll(
        /generate_series\([^)]*\) AS (\w)/g,
        '$& (i)',
      ),
    );
    await database.query('VACUUM ANALYZE usage_days');
    const { store } = createPostgresStore({ url, changes: createLocalChanges() });
    await measure('PostgreSQL', store);
    await store.close();
    await database.close();
  } finally {
    await server.stop();
  }
}

await onSqlite();
await onPostgres();
