import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import type { LinkSecrets } from '../../core/pictures/link-secrets.ts';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { compareUsage, usageNames } from '../../core/usage/usage.ts';
import { newTask, start } from '../conformance/store.fixture.ts';
import type { StartTimer } from '../../lib/timers.ts';
import { command, databaseOfTest, postgresUrl } from '../postgres/database/store.fixture.ts';
import { locks } from '../postgres/database/locks.ts';
import { migrateAt } from '../postgres/database/migrate.ts';
import { createPostgresStore } from '../postgres/postgres-store.ts';
import { databaseFile } from '../sqlite/database-file.ts';
import { migrations } from '../sqlite/migrations.ts';
import { openSqliteKeys } from '../sqlite/key-store.ts';
import { openSqliteStore } from '../sqlite/sqlite-store.ts';
import { type Filled, fillStore } from './filled-store.fixture.ts';
import { compareRecords, copyRecords, type Move } from './move-records.ts';
import { openPostgresSource, openPostgresTarget } from './postgres-end.ts';
import { openSqliteSource, openSqliteTarget } from './sqlite-end.ts';
import type { StoreEnd, TargetEnd } from './store-end.ts';
import { kindsOf } from './moved-table.ts';
import { movedTables } from './tables.ts';

const linkSecrets: LinkSecrets = { secret: new Uint8Array(32).fill(1), previous: new Uint8Array(32).fill(2) };

/** Secrets that lie beside a database. */
function secretsIn(found: LinkSecrets | null = linkSecrets) {
  let secrets = found;
  return {
    readLinkSecrets: async () => secrets,
    storeLinkSecrets: async (given: LinkSecrets) => void (secrets = given),
  };
}

function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-move-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

function openOnSqlite(directory: string) {
  const store = openSqliteStore({
    directory,
    changes: createLocalChanges(),
    onDeath(error) {
      throw error;
    },
  });
  onTestFinished(() => store.close());
  return store;
}

function openOnPostgres(url: string) {
  const { store } = createPostgresStore({ url, changes: createLocalChanges() });
  onTestFinished(() => store.close());
  return store;
}

/** A data directory that was filled by a store; it is filled once for all tests. */
let filled: Promise<{ directory: string; filled: Filled }> | undefined;
async function filledDirectory() {
  filled ??= (async () => {
    const made = mkdtempSync(join(tmpdir(), 'plantain-filled-'));
    const store = openOnSqlite(made);
    const found = await fillStore(store);
    await store.close();
    return { directory: made, filled: found };
  })();
  const { directory: made, filled: found } = await filled;
  const directory = temporaryFolder();
  cpSync(made, directory, { recursive: true });
  return { directory, ...found };
}
afterAll(async () => {
  if (filled !== undefined) rmSync((await filled).directory, { recursive: true });
});

/** Timers that end soon, however long they are. */
const soon: StartTimer = (run) => {
  const timer = setTimeout(run, 50);
  return () => clearTimeout(timer);
};

type Options = Partial<Pick<Move, 'signal' | 'onProgress' | 'from'>>;

/** Moves with small pages, and gives the names of tables that differ. Ends are closed, whatever happens. */
async function move(
  openSource: () => StoreEnd | Promise<StoreEnd>,
  openTarget: () => TargetEnd | Promise<TargetEnd>,
  options: Options = {},
) {
  await using ends = new AsyncDisposableStack();
  const source = ends.adopt(await openSource(), (end) => end.close());
  const target = ends.adopt(await openTarget(), (end) => end.close());
  const parts: Move = {
    source,
    target,
    from: 'there',
    signal: new AbortController().signal,
    onProgress: () => {},
    pageRows: 7,
    ...options,
  };
  await copyRecords(parts);
  const different = (await compareRecords(parts)).filter(({ isEqual }) => !isEqual);
  if (different.length === 0) await target.finish();
  return different;
}

const toPostgres = (directory: string, url: string, options?: Options) =>
  move(
    () => openSqliteSource(directory, secretsIn()),
    () => openPostgresTarget(url, soon),
    options,
  );
const toSqlite = (url: string, directory: string, options?: Options) =>
  move(
    () => openPostgresSource(url, soon),
    () => openSqliteTarget(directory, secretsIn(null)),
    options,
  );

/** Everything in a database, by tables, without the order of what waits, which is made anew, and the numbers of rows. */
function contentsOf(directory: string) {
  const database = new DatabaseSync(databaseFile(directory), { readOnly: true });
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).all();
  const moved = tables.filter(({ name }) => !leftOut.includes(`${String(name)}.`));
  const contents = moved.map(({ name }) => {
    const rows = database.prepare(`SELECT * FROM ${String(name)}`).all();
    return [name, rows.map((row) => JSON.stringify(row, sortedEnds)).toSorted()];
  });
  database.close();
  return Object.fromEntries(contents) as Record<string, string[]>;
}

/** Counts by name are JSON whose members are in the order in which they were counted first. */
function sortedEnds(name: string, value: unknown): unknown {
  if (name === 'queued') return undefined;
  if (name !== 'ends') return value;
  const ends = Object.entries(JSON.parse(String(value)) as Record<string, object | number>);
  return ends
    .flatMap(([kind, counts]) =>
      typeof counts === 'number'
        ? `${kind} ${counts}`
        : Object.entries(counts).map((count) => `${kind} ${count.join(' ')}`),
    )
    .toSorted((a, b) => (a < b ? -1 : 1));
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a move of records', () => {
  test('to PostgreSQL and back gives what was there, of the oddest tasks too', async () => {
    const { directory, tasks } = await filledDirectory();
    const url = await databaseOfTest();
    const before = contentsOf(directory);
    expect(await toPostgres(directory, url)).toEqual([]);
    expect(contentsOf(directory)).toEqual(before);
    const [was, is] = [openOnSqlite(directory), openOnPostgres(url)];
    for (const { id } of tasks) expect(await is.find(id)).toEqual(await was.find(id));
    await was.close();
    await is.close();
    const back = temporaryFolder();
    expect(await toSqlite(url, back)).toEqual([]);
    const after = contentsOf(back);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    for (const [name, rows] of Object.entries(before))
      expect({ [name]: after[name] }).toEqual({ [name]: rows });
    expect(movedTables.filter(({ name }) => before[name]?.length === 0)).toEqual([]);
  });

  test('goes on where it was broken off, and no server starts on the half of it', async () => {
    const { directory } = await filledDirectory();
    const url = await databaseOfTest();
    const back = temporaryFolder();
    const untilDone = async (moveOn: (options: Options) => Promise<unknown[]>, serve: () => unknown) => {
      let brokenOff = 0;
      for (; ; brokenOff += 1) {
        const stop = new AbortController();
        let steps = 0;
        const options = {
          signal: stop.signal,
          onProgress: () => void ((steps += 1) === 4 && stop.abort()),
        };
        const different = await moveOn(brokenOff < 15 ? options : {}).catch((error: unknown) => {
          expect(error).toBe(stop.signal.reason);
        });
        if (different !== undefined) {
          expect(different).toEqual([]);
          return brokenOff;
        }
        if (brokenOff % 5 === 0)
          await expect(Promise.resolve().then(serve)).rejects.toThrow('Records are being moved into');
      }
    };
    expect(
      await untilDone(
        (options) => toPostgres(directory, url, options),
        () => migrateAt(url),
      ),
    ).toBe(15);
    expect(
      await untilDone(
        (options) => toSqlite(url, back, options),
        () => openSqliteKeys(back),
      ),
    ).toBe(15);
    expect(contentsOf(back)).toEqual(contentsOf(directory));
  });

  test('gives a store that goes on with what waits, runs and is to be resumed, and with its numbers', async () => {
    const { directory, waiting, running, resuming, batchId } = await filledDirectory();
    const url = await databaseOfTest();
    const source = openOnSqlite(directory);
    const ofAll = { from: 0, to: start * 2, by: usageNames, only: {}, limit: 999 };
    const [before, batch, counts, usage] = [
      await source.changedSince('key_a', 0, 999),
      await source.batch(batchId, 'key_a'),
      await source.countsBetween(0, start * 2),
      await source.usageOf(ofAll),
    ];
    await source.close();
    await toPostgres(directory, url);
    await migrateAt(url);
    const back = temporaryFolder();
    await toSqlite(url, back);
    for (const store of [openOnPostgres(url), openOnSqlite(back)]) {
      expect((await store.changedSince('key_a', 0, 999)).map(({ id }) => id)).toEqual(
        before.map(({ id }) => id),
      );
      expect(await store.batch(batchId, 'key_a')).toEqual(batch);
      expect(await store.countsBetween(0, start * 2)).toEqual(counts);
      expect((await store.usageOf(ofAll)).toSorted(compareUsage(usageNames))).toEqual(
        usage.toSorted(compareUsage(usageNames)),
      );
      const latest = await store.latestChange('key_a');
      expect(latest).toBe(before.at(-1)?.changed);
      const task = newTask({ model: 'another' });
      await store.insert([task]);
      expect((await store.changedSince('key_a', latest, 9)).map(({ id }) => id)).toEqual([task.id]);
      const ids = (taken: { task: { id: string } }[]) => taken.map(({ task: { id } }) => id).toSorted();
      const now = start + 60;
      expect(ids(await store.takeOperations({ limit: 99, now, leaseMs: 9 }))).toEqual(resuming.toSorted());
      const needs = [0, 1, 2].flatMap((model) =>
        [0, 1].map((inputs) => ({ model: `model-${model}`, inputs, limit: 99 })),
      );
      expect(ids(await store.takeDue({ needs, now, leaseMs: 99_999 }))).toEqual(waiting.toSorted());
      const expired = await store.claimExpiredLeases({ by: start + 20_000, now, leaseMs: 9, limit: 99 });
      expect(ids(expired)).toEqual(expect.arrayContaining(running));
      await store.rotateSecret('ep_4', 'whsec_third', { at: now, oldExpiresAt: now + 9 });
      expect((await store.secretsOf('ep_4', now)).map(({ secret }) => secret)).toEqual([
        'whsec_third',
        'whsec_new_4',
        'whsec_4',
      ]);
      await store.close();
    }
  });

  test('is refused where a server works, where something is already, and from another source than it was begun from', async () => {
    const { directory } = await filledDirectory();
    const url = await databaseOfTest();
    const server = openOnPostgres(url);
    await server.insert([newTask()]);
    await expect(toPostgres(directory, url)).rejects.toThrow(
      'The target is not empty: there is something in tasks, task_counts, usage_days.',
    );
    await server.close();
    const empty = await databaseOfTest();
    const stop = new AbortController();
    await expect(
      toPostgres(directory, empty, { signal: stop.signal, onProgress: () => stop.abort() }),
    ).rejects.toThrow('aborted');
    await expect(toPostgres(directory, empty, { from: 'elsewhere' })).rejects.toThrow(
      'being filled from there, and not from elsewhere',
    );
    await expect(toSqlite(empty, temporaryFolder())).rejects.toThrow('itself the target of a move');
    const client = new Client({ connectionString: empty });
    await client.connect();
    await client.query('SELECT pg_advisory_lock_shared($1)', [locks.servers]);
    await expect(toPostgres(directory, empty)).rejects.toThrow('A server works on the database');
    await client.end();
  });

  test('is refused for a newer schema on either side', async () => {
    const { directory } = await filledDirectory();
    const url = await databaseOfTest();
    const newer = temporaryFolder();
    cpSync(directory, newer, { recursive: true });
    const database = new DatabaseSync(databaseFile(newer));
    database.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    database.close();
    await expect(toPostgres(newer, url)).rejects.toThrow('newer Plantain');
    await expect(toSqlite(url, newer)).rejects.toThrow('newer Plantain');
    await command(url, 'UPDATE plantain_schema SET version = 999');
    await expect(toPostgres(directory, url)).rejects.toThrow('newer Plantain');
    await expect(toSqlite(url, temporaryFolder())).rejects.toThrow('newer Plantain');
  });

  test('tells of a table whose contents differ at the end, and gives it to no server', async () => {
    const { directory } = await filledDirectory();
    const url = await databaseOfTest();
    let changed: Promise<unknown> | undefined;
    async function openChanged(): Promise<TargetEnd> {
      const end = await openPostgresTarget(url, soon);
      return {
        ...end,
        // It is read only to be compared.
        async readPage(...asked) {
          await (changed ??= command(url, 'UPDATE files SET width = 7'));
          return await end.readPage(...asked);
        },
      };
    }
    const different = await move(() => openSqliteSource(directory, secretsIn()), openChanged);
    expect(different.map(({ table }) => table)).toEqual(['files']);
    await expect(migrateAt(url)).rejects.toThrow('Records are being moved into');
  });

  test('says which table has rows that the target does not take', async () => {
    const { directory } = await filledDirectory();
    const database = new DatabaseSync(databaseFile(directory));
    database.exec(
      `PRAGMA foreign_keys = OFF; UPDATE attempts SET task_id = 'gone' WHERE task_id = (SELECT min(task_id) FROM attempts)`,
    );
    database.close();
    await expect(toPostgres(directory, await databaseOfTest())).rejects.toThrow(
      /^Rows of attempts can’t be written to the target: .*foreign key/,
    );
  });

  test('takes every column of every table that has records, on both stores', async () => {
    const { directory } = await filledDirectory();
    const url = await databaseOfTest();
    const database = new DatabaseSync(databaseFile(directory), { readOnly: true });
    const there = database
      .prepare(
        `SELECT s.name || '.' || c.name AS name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table'`,
      )
      .all();
    database.close();
    const here = (await command(
      url,
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'`,
    )) as typeof there;
    for (const [side, columns] of [
      ['sqlite', there],
      ['postgres', here],
    ] as const) {
      const written = movedTables.flatMap((table) =>
        kindsOf(table, table[side]).map(([column]) => `${table.name}.${column}`),
      );
      const names = columns
        .map(({ name }) => String(name))
        .filter((name) => !leftOut.some((some) => name.startsWith(some)));
      expect(written.filter((name) => !name.endsWith('.rowid')).toSorted()).toEqual(names.toSorted());
    }
  });
});

/** Tables that a store has for itself, or that are made anew at the target. */
const leftOut = [
  'arrivals.',
  'attempts.call_number',
  'balances.',
  'calls_of_day.',
  'calls_set_aside.',
  'change_numbers.',
  'duties.',
  'installation.',
  'key_states.',
  'lanes.',
  'link_secrets.',
  'needs.',
  'nodes.',
  'owner_turns.',
  'plantain_schema.',
  // People sign in anew.
  'sessions.',
  'sign_in_links.',
  'stored_sums.',
  'rate_counts.',
  'silent_changes.',
  'tasks.queued',
  'virtual_time.',
  'waiting.',
];
