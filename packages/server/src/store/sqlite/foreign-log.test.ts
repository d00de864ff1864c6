import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { StartRefusedError } from '../../core/errors.ts';
import { newTask } from '../conformance/store.fixture.ts';
import { refuseForeignLog } from './foreign-log.ts';
import { databaseFile } from './database-file.ts';
import { openSqliteStore } from './sqlite-store.ts';

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-log-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

function open(directory: string) {
  const fail = (error: Error) => {
    throw error;
  };
  return openSqliteStore({ directory, changes: createLocalChanges(), onDeath: fail });
}

/** Data directory as a kill leaves it: with a log of what was not folded into the database yet. */
async function killed(from = emptyDirectory(), { isFolded = false } = {}) {
  const left = emptyDirectory();
  const store = open(from);
  const task = newTask();
  await store.insert([task]);
  if (isFolded) {
    await store.writeOverDeleted();
    await store.insert([newTask()]);
  }
  cpSync(from, left, { recursive: true });
  await store.close();
  return { left, file: databaseFile(left), task };
}

type Copy = (from: string, to: string) => Promise<unknown>;
const copies: Record<string, Copy> = {
  'the backup of SQLite': async (from, to) => {
    const database = new DatabaseSync(from);
    await backup(database, to);
    database.close();
  },
  'VACUUM INTO': async (from, to) => {
    const database = new DatabaseSync(from);
    database.exec(`VACUUM INTO '${to}'`);
    database.close();
  },
  'a copy of the file of a stopped server': async (from, to) => {
    await open(join(from, '..')).close();
    copyFileSync(from, to);
  },
};

test.each(Object.keys(copies))('%s over an older database whose log was left is refused', async (name) => {
  const source = emptyDirectory();
  await open(source).close();
  const saved = join(emptyDirectory(), 'saved.db');
  await copies[name]?.(databaseFile(source), saved);
  const { left, file } = await killed(source);
  rmSync(file);
  copyFileSync(saved, file);
  expect(() => open(left)).toThrow(StartRefusedError);
  expect(() => open(left)).toThrow(`rm '${file}-wal' '${file}-shm'`);
  rmSync(`${file}-wal`);
  rmSync(`${file}-shm`, { force: true });
  await open(left).close();
});

test.each([
  ['what was written since the first', false],
  ['a log that was begun anew since the first', true],
])('the same backup put back for the second time is told from %s', async (_, isFolded) => {
  const source = emptyDirectory();
  await open(source).close();
  const saved = join(emptyDirectory(), 'saved.db');
  await copies['the backup of SQLite']?.(databaseFile(source), saved);
  const restored = emptyDirectory();
  copyFileSync(saved, databaseFile(restored));
  const { left, file } = await killed(restored, { isFolded });
  copyFileSync(saved, file);
  expect(() => open(left)).toThrow(StartRefusedError);
});

test('after a kill the log is taken for what it is: the newest of its own database', async () => {
  let from = emptyDirectory();
  for (let round = 0; round < 3; round += 1) {
    const { left, task } = await killed(from);
    const store = open(left);
    expect(await store.find(task.id)).not.toBeNull();
    await store.close();
    from = left;
  }
});

test('a kill at any byte of the log is no reason to refuse a start', async () => {
  const { file } = await killed();
  const log = readFileSync(`${file}-wal`);
  for (let bytes = 0; bytes <= log.length; bytes += 997) {
    writeFileSync(`${file}-wal`, log.subarray(0, bytes));
    expect(() => refuseForeignLog(file)).not.toThrow();
    writeFileSync(`${file}-wal`, Buffer.concat([log.subarray(0, bytes), Buffer.alloc(5_000, 0xff)]));
    expect(() => refuseForeignLog(file)).not.toThrow();
  }
});

test('a log of no known layout is left to SQLite', async () => {
  const { file } = await killed();
  const log = readFileSync(`${file}-wal`);
  for (const pageBytes of [0, 511, 513, 4_097, 65_535, 65_537, 2 ** 32 - 1]) {
    log.writeUInt32BE(pageBytes, 8);
    writeFileSync(`${file}-wal`, log);
    expect(() => refuseForeignLog(file)).not.toThrow();
  }
});
