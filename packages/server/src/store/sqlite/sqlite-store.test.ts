import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StartRefusedError } from '../../core/errors.ts';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { hashSecret, storeKey } from '../../core/keys/keys.ts';
import { failed, newTask, start } from '../conformance/store.fixture.ts';
import { migrate, openForWriting } from './database.ts';
import { lockDirectory } from './directory-lock.ts';
import { migrations } from './migrations.ts';
import { databaseFile } from './database-file.ts';
import { openSqliteKeys } from './key-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const onDeath = (error: Error) => {
  throw error;
};
const temporaryDirectory = () => mkdtempSync(join(tmpdir(), 'plantain-store-'));

describe('a data directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('keeps tasks from one opening to the next', async () => {
    const options = { directory, changes: createLocalChanges(), onDeath };
    const first = openSqliteStore(options);
    const task = newTask();
    await first.insert([task]);
    await first.close();
    const second = openSqliteStore(options);
    expect(await second.find(task.id)).toMatchObject({ id: task.id, request: task.request });
    await second.close();
  });

  test('tells of changes that share a number, as those from another store may, without missing one', async () => {
    const store = openSqliteStore({ directory, changes: createLocalChanges(), onDeath });
    const tasks = Array.from({ length: 4 }, () => newTask());
    await store.insert(tasks);
    await store.close();
    const database = openForWriting(databaseFile(directory));
    database.exec(`UPDATE tasks SET changed = 7`);
    database.close();
    const moved = openSqliteStore({ directory, changes: createLocalChanges(), onDeath });
    const first = await moved.changedSince('key_a', 0, 2);
    const rest = await moved.changedSince('key_a', 7, 2, first[1]?.id);
    expect([...first, ...rest].map(({ id }) => id)).toEqual(tasks.map(({ id }) => id));
    expect(await moved.changedSince('key_a', 7, 2)).toEqual([]);
    await moved.close();
  });

  test('gets what is large and comes at once in commits that are not, in its order', async () => {
    const changes = createLocalChanges();
    const commits: number[] = [];
    const { notify } = changes;
    changes.notify = (made) => {
      commits.push(made.length);
      notify(made);
    };
    const store = openSqliteStore({ directory, changes, onDeath });
    const prompt = 'a'.repeat(2 ** 20);
    const tasks = Array.from({ length: 24 }, () => newTask());
    const ended: string[] = [];
    const inserts = tasks.map(async (task) => {
      await store.insert([{ ...task, request: { ...task.request, prompt } }]);
      ended.push(task.id);
    });
    // Writes under way are ended by the close.
    await store.close();
    await Promise.all(inserts);
    expect(ended).toEqual(tasks.map(({ id }) => id));
    expect(commits.length).toBeGreaterThan(4);
    expect(Math.max(...commits)).toBeLessThan(8);
  });

  test('has no byte of a prompt that was deleted, or whose task was', async () => {
    const store = openSqliteStore({ directory, changes: createLocalChanges(), onDeath });
    const tasks = Array.from({ length: 120 }, () => newTask());
    // Of all lengths, from one that lies in a page with others to some that fill several.
    await store.insert(
      tasks.map((task, at) => {
        const prompt = `prompt ${at} is a secret `.repeat(3 ** (at % 7));
        return { ...task, request: { ...task.request, prompt } };
      }),
    );
    await Promise.all(tasks.map(({ id }) => store.finishIfPending(id, failed(start))));
    await Promise.all(tasks.slice(60).map(({ id, keyId }) => store.deleteIfFinal(id, keyId, start)));
    const hasPrompts = () => readFileSync(databaseFile(directory)).includes(' is a secret');
    await store.writeOverDeleted();
    expect(hasPrompts()).toBe(true);
    const step = { after: 0, finishedBy: start, at: start, among: 100, limit: 100 };
    expect((await store.deletePrompts(step)).deleted).toBe(60);
    await store.writeOverDeleted();
    expect(hasPrompts()).toBe(false);
    // Where nothing was changed since, nothing is written.
    const log = () => readFileSync(`${databaseFile(directory)}-wal`);
    const before = log();
    await store.writeOverDeleted();
    expect(log().equals(before)).toBe(true);
    await store.close();
    expect(hasPrompts()).toBe(false);
  });

  test('is refused when a newer version has written it, and left as it was', () => {
    const file = databaseFile(directory);
    const database = openForWriting(file);
    migrate(database, file);
    database.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    database.close();
    expect(() => openSqliteKeys(directory)).toThrow(/newer Plantain/);
  });

  test('is refused when its database belongs to another program', () => {
    const database = new DatabaseSync(databaseFile(directory));
    database.exec('CREATE TABLE theirs (a)');
    database.close();
    expect(() => openSqliteKeys(directory)).toThrow(/another program/);
  });

  test('is refused when its database is damaged', () => {
    writeFileSync(
      databaseFile(directory),
      'this was a database once, before the disk went wrong'.repeat(100),
    );
    expect(() => openSqliteKeys(directory)).toThrow(/plantain\.db is no database\. Mend that/);
  });

  test('is refused when its database may not be written, and opens once it may', () => {
    // Nothing is forbidden to root, so that another user opens it there.
    const id = process.getuid?.() === 0 ? 65_534 : undefined;
    if (id !== undefined) chownSync(directory, id, id);
    const script = `
      const { prepareFile } = await import(${JSON.stringify(import.meta.resolve('./database-file.ts'))});
      prepareFile(${JSON.stringify(directory)});`;
    const user = id === undefined ? {} : { uid: id, gid: id };
    const open = () =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { ...user, encoding: 'utf8' });
    expect(open()).toMatchObject({ status: 0, stderr: '' });
    chmodSync(databaseFile(directory), 0o444);
    expect(open().stderr).toMatch(/plantain\.db may not be written by this user\. Mend that/);
    chmodSync(databaseFile(directory), 0o644);
    expect(open()).toMatchObject({ status: 0, stderr: '' });
  });

  test('is refused when it holds something else in the place of its lock, and not called in use', () => {
    writeFileSync(join(directory, 'owner.lock'), 'not a lock'.repeat(100));
    expect(() => lockDirectory(directory)).toThrow(/owner\.lock is no database\. Mend that/);
  });

  test('knows the last time on record for its newest task', async () => {
    const store = openSqliteStore({ directory, changes: createLocalChanges(), onDeath });
    expect(await store.latestTime()).toBe(0);
    await store.insert([newTask({ createdAt: 5_000 })]);
    expect(await store.latestTime()).toBe(5_000);
    await store.close();
    // Closed in good order, it is one file: nothing is left in the log beside it.
    expect(readdirSync(directory)).toEqual(['plantain.db']);
  });

  test('has one owner at a time', () => {
    const lock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(StartRefusedError);
    expect(() => lockDirectory(directory)).toThrow(`process ${process.pid}`);
    lock.release();
    lock.release();
    lockDirectory(directory).release();
  });

  test('is free again when its owner was killed', async () => {
    const script = `
      const { lockDirectory } = await import(${JSON.stringify(import.meta.resolve('./directory-lock.ts'))});
      globalThis.lock = lockDirectory(${JSON.stringify(directory)});
      console.log('locked');
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => owner.stdout.once('data', resolve));
    expect(() => lockDirectory(directory)).toThrow(`process ${owner.pid}`);
    const exited = new Promise((resolve) => owner.once('exit', resolve));
    owner.kill('SIGKILL');
    await exited;
    lockDirectory(directory).release();
  });

  test('syncs the disk at every commit, so that an accepted task survives a power cut', () => {
    const database = openForWriting(databaseFile(directory));
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    database.close();
  });

  test('shows a key that another process made or revoked', async () => {
    const store = openSqliteStore({ directory, changes: createLocalChanges(), onDeath });
    const keys = openSqliteKeys(directory);
    const key = await storeKey(keys, { secret: 'plantain_abcdefgh', name: 'n', role: 'user', now: 5 });
    expect(await store.findKeyByHash(hashSecret('plantain_abcdefgh'))).toEqual(key);
    expect(key.hint).toBe('plantain_abcd');
    expect(await keys.revokeKey(key.id, 9)).toBe(true);
    expect(await keys.revokeKey(key.id, 10)).toBe(false);
    expect(await store.listKeys()).toEqual([{ ...key, revokedAt: 9 }]);
    keys.close();
    await store.close();
  });

  test('never holds a key’s secret', async () => {
    const keys = openSqliteKeys(directory);
    await storeKey(keys, { secret: 'plantain_verysecretindeed', name: 'n', role: 'user', now: 5 });
    keys.close();
    const stored = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'latin1'));
    expect(stored.some((text) => text.includes('plantain_very'))).toBe(true);
    expect(stored.filter((text) => text.includes('verysecret'))).toEqual([]);
  });
});

describe('the schema', () => {
  const task = `INSERT INTO tasks (id, key_id, action, model, created_at, updated_at, due_at, deadline_at, request, state`;
  const values = `VALUES ('a', 'k', 'generate', 'm', 1, 1, 1, 2, '{}'`;

  test.each([
    ['a final state without an end', `${task}) ${values}, 'succeeded')`],
    ['an end of a pending task', `${task}, finished_at, view, view_key) ${values}, 'pending', 2, '', '')`],
    ['a running task without a lease', `${task}) ${values}, 'running')`],
    ['a lease on a pending task', `${task}, lease_token, lease_expires_at) ${values}, 'pending', 't', 2)`],
    [
      'a result of a failed task',
      `${task}, finished_at, view, view_key, failure, result) ${values}, 'error', 2, '', '', '{}', '{}')`,
    ],
    ['a failure without a reason', `${task}, finished_at, view, view_key) ${values}, 'error', 2, '', '')`],
    ['a state of another name', `${task}) ${values}, 'done')`],
    ['a progress above 1', `${task}, progress) ${values}, 'pending', 1.1)`],
  ])('refuses %s', (_name, sql) => {
    const database = new DatabaseSync(':memory:');
    migrate(database, 'memory');
    expect(() => database.exec(sql)).toThrow(/CHECK constraint failed/);
    database.close();
  });

  test('says which step it takes on a database that has records, and nothing of a new one', () => {
    const database = new DatabaseSync(':memory:');
    const steps: string[] = [];
    const note = (step: number, of: number) => void steps.push(`${step} of ${of}`);
    const earlier = migrations.length - 2;
    for (const step of migrations.slice(0, earlier)) database.exec(step);
    const empty = new DatabaseSync(':memory:');
    migrate(empty, 'memory', note);
    const id = empty.prepare('PRAGMA application_id').get()?.['application_id'];
    expect(steps).toEqual([]);
    database.exec(`PRAGMA application_id = ${Number(id)}; PRAGMA user_version = ${earlier}`);
    migrate(database, 'memory', note);
    migrate(database, 'memory', note);
    expect(steps).toEqual([1, 2].map((more) => `${earlier + more} of ${migrations.length}`));
    for (const each of [database, empty]) each.close();
  });

  test('is brought up to date once', () => {
    const database = new DatabaseSync(':memory:');
    migrate(database, 'memory');
    migrate(database, 'memory');
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length });
    database.close();
  });
});
