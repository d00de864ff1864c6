import { afterEach, beforeEach, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { newTaskId, numberOfTaskId } from '../../lib/ids.ts';
import { failed, newTask, start, view } from '../conformance/store.fixture.ts';
import type { Store } from '../store.ts';
import { databaseFile } from './database-file.ts';
import { openForWriting } from './database.ts';
import { openSqliteStore } from './sqlite-store.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plantain-store-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = () =>
  openSqliteStore({
    directory,
    changes: createLocalChanges(),
    onDeath(error) {
      throw error;
    },
  });

async function using<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = open();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function rows(
  sql = 'SELECT rowid AS number, id FROM tasks ORDER BY rowid',
): { number: number; id: string }[] {
  const database = openForWriting(databaseFile(directory));
  try {
    return database.prepare(sql).all() as { number: number; id: string }[];
  } finally {
    database.close();
  }
}

/** Ids of one time. */
const idsAt = (at: number, count: number) => Array.from({ length: count }, () => newTaskId(at));
/** Another id that begins with the same number. */
const twinOf = (id: string) => `${id.slice(0, 19)}${newTaskId().slice(19)}`;

test('a row has the number that its task’s id begins with', async () => {
  const ids = [...idsAt(start, 3), ...idsAt(start + 1, 2)];
  await using((store) => store.insert(ids.map((id) => newTask({ id }))));
  expect(rows()).toEqual(ids.map((id) => ({ number: numberOfTaskId(id), id })));
});

test('rows keep the order of their insertion where the clock was set back, and where ids share a number', async () => {
  const ahead = idsAt(start + 60_000, 3);
  const behind = [...ahead.map(twinOf), ...idsAt(start, 2)];
  const after = idsAt(start + 120_000, 2);
  await using(async (store) => {
    for (const ids of [ahead, behind, after])
      await store.insert(ids.map((id) => newTask({ id, batchId: ids[0] ?? '' })));
    for (const ids of [ahead, behind, after]) {
      const found = await store.batch(ids[0] ?? '', 'key_a');
      expect(found.map(({ id }) => id)).toEqual(ids);
    }
  });
  expect(rows().map(({ id }) => id)).toEqual([...ahead, ...behind, ...after]);
  expect(rows().at(-1)?.number).toBe(numberOfTaskId(after[1] ?? ''));
});

test('the view of a task is found where another has the number of its id, and where its row was numbered in another way', async () => {
  const ids = idsAt(start, 3);
  const all = [...ids, ...ids.map(twinOf), 'no-uuid'];
  await using(async (store) => {
    await store.insert(all.map((id) => newTask({ id, keyId: `key of ${id}` })));
    for (const id of all) await store.finishIfPending(id, failed(start + 1));
  });
  const expectFound = () =>
    using(async (store) => {
      for (const id of all)
        expect(store.findStatusNow?.(id, view.key, `key of ${id}`)).toEqual({
          keyId: `key of ${id}`,
          view: view.text,
        });
      for (const id of [newTaskId(start), twinOf(ids[1] ?? ''), ids[0]?.toUpperCase() ?? '', ''])
        expect(store.findStatusNow?.(id, view.key, `key of ${id}`)).toBeNull();
    });
  await expectFound();
  // As earlier versions numbered them, and a move from another store does.
  rows('UPDATE tasks SET rowid = (SELECT count(*) FROM tasks AS b WHERE b.id <= tasks.id)');
  expect(rows()[0]?.number).toBe(1);
  await expectFound();
});
