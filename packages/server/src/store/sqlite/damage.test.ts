import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { nothingKnown } from '../../core/tasks/estimates.ts';
import { createHints } from '../../core/tasks/hints.ts';
import { newTask } from '../conformance/store.fixture.ts';
import { damageIndex, damagePage } from './damage.fixture.ts';
import { createAllReads } from './reads/all-reads.ts';
import { databaseFile } from './database-file.ts';
import { openSqliteStore } from './sqlite-store.ts';

/** A closed store of 100 tasks. */
async function closedStore() {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-damage-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const tasks = Array.from({ length: 100 }, () => newTask());
  const store = openSqliteStore({ directory, changes: createLocalChanges(), onDeath: fail });
  await store.insert(tasks);
  await store.close();
  return { directory, tasks };
}

function openAgain(directory: string) {
  const told: string[] = [];
  const store = openSqliteStore({
    directory,
    changes: createLocalChanges(),
    onDeath: fail,
    onDamage: (sentence) => told.push(sentence),
  });
  onTestFinished(() => store.close());
  return { store, told };
}

/** A store of 100 tasks, a page of whose table holds garbage: those of `lost` were on it, and none of `others`. */
async function openDamaged() {
  const { directory, tasks } = await closedStore();
  const file = databaseFile(directory);
  const page = damagePage(file, [tasks[50]?.id ?? '', '"prompt"']);
  const lost = tasks.filter(({ id }) => page.includes(id));
  return { ...openAgain(directory), file, lost, others: tasks.filter((task) => !lost.includes(task)) };
}

function fail(error: Error): never {
  throw error;
}

test('what lies on a damaged page fails with words for the operator, and all else is served on', async () => {
  const { store, file, told, lost, others } = await openDamaged();
  expect(lost.length).toBeGreaterThan(1);
  expect(others.length).toBeGreaterThan(1);
  for (let turn = 0; turn < 3; turn += 1) {
    for (const { id } of lost) {
      await expect(store.findStatus(id, '', 'key_a')).rejects.toThrow(`${file} is damaged`);
      await expect(store.find(id)).rejects.toThrow(`${file} is damaged`);
      expect(() => store.findStatusNow?.(id, '', 'key_a')).toThrow(`${file} is damaged`);
    }
    for (const { id } of others) expect(await store.findStatus(id, '', 'key_a')).not.toBeNull();
    // The end of the turn's snapshot, which SQLite refuses too.
    await nextTurn();
  }
  expect(told).toEqual([expect.stringContaining('put a backup in its place')]);
});

test.each([
  ['tasks_ready', null],
  ['tasks_finished', 1],
])(
  'where the index %s is damaged, a pending task is shown without what needs it, and the damage is told once',
  async (index, queuePosition) => {
    const { directory, tasks } = await closedStore();
    damageIndex(databaseFile(directory), index);
    const { store, told } = openAgain(directory);
    let now = 0;
    const hints = createHints({ store, clock: { now: () => now }, countPlaces: async () => 1 });
    const task = await store.find(tasks[0]?.id ?? '');
    if (task === null) throw new Error('There is no such task.');
    for (let turn = 0; turn < 3; turn += 1) {
      now += 2_000;
      await hints.refresh(task);
      expect(hints.of(task, null)).toEqual({ ...nothingKnown, queuePosition });
      await nextTurn();
    }
    expect(told).toEqual([expect.stringContaining('is damaged')]);
  },
);

test('damage that is read beside the event loop is told with the same words', async () => {
  const { directory } = await closedStore();
  const file = databaseFile(directory);
  damageIndex(file, 'tasks_ready');
  const { store, told } = openAgain(directory);
  await expect(store.countPendingByModel()).rejects.toThrow(`${file} is damaged`);
  await expect(store.readGauges(0)).rejects.toThrow(`${file} is damaged`);
  expect(told).toEqual([expect.stringContaining('put a backup in its place')]);
});

test('a write behind a damaged page is seen at once, and one to it is refused with the same words', async () => {
  const { store, file, lost } = await openDamaged();
  const added = newTask();
  await expect(store.findStatus(lost[0]?.id ?? '', '', 'key_a')).rejects.toThrow(file);
  await store.insert([added]);
  expect(await store.findStatus(added.id, '', 'key_a')).not.toBeNull();
  await expect(store.requestCancelIfRunning(lost[0]?.id ?? '', 1)).rejects.toThrow(`${file} is damaged`);
});

test('a snapshot that does not end is rolled back, and whoever opened it hears whether it is over', async () => {
  const { file, others } = await openDamaged();
  const database = new DatabaseSync(file);
  onTestFinished(() => database.close());
  const prepare = database.prepare.bind(database);
  const refuse = (): never => {
    throw new Error('no');
  };
  database.prepare = (sql) =>
    sql === 'COMMIT' ? Object.assign(prepare(sql), { run: refuse }) : prepare(sql);
  const faults: boolean[] = [];
  const { reads, endSnapshot } = createAllReads(database, (_, isOver) => faults.push(isOver));
  reads.findStatus(others[0]?.id ?? '', '', 'key_a');
  endSnapshot();
  expect(database.isTransaction).toBe(false);
  reads.findStatus(others[0]?.id ?? '', '', 'key_a');
  database.exec = refuse;
  endSnapshot();
  expect(faults).toEqual([true, false]);
});
