import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { insertTask, openTransaction, openWrite } from './open-transaction.fixture.ts';
import { createPostgresStore } from '../postgres-store.ts';
import { migrateAt } from '../database/migrate.ts';
import { command, createDatabase, databaseOfTest, postgresUrl } from '../database/store.fixture.ts';

async function openStore() {
  const url = await databaseOfTest();
  const { store } = createPostgresStore({ url, changes: createLocalChanges() });
  onTestFinished(() => store.close());
  return { url, store };
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('the order of changes', () => {
  test('waits for a change that has a smaller number and is committed later', async () => {
    const { url, store } = await openStore();
    const [early, late] = [await openTransaction(url), await openTransaction(url)];
    const ids = [await early.insertTask(), await late.insertTask()];
    await late.commit();
    expect(await store.changedSince('key_a', 0, 9)).toEqual([]);
    expect(await store.latestChange('key_a')).toBe(0);
    await early.commit();
    const changed = await store.changedSince('key_a', 0, 9);
    expect(changed.map(({ id }) => id)).toEqual(ids);
    expect(await store.latestChange('key_a')).toBe(changed[1]?.changed);
  });

  test('is not held up by a transaction in another database', async () => {
    const { url, store } = await openStore();
    const other = await createDatabase();
    const foreign = await openWrite(other.url);
    try {
      const id = await insertTask(url);
      const changed = await store.changedSince('key_a', 0, 9);
      expect(changed.map((task) => task.id)).toEqual([id]);
      expect(await store.latestChange('key_a')).toBe(changed[0]?.changed);
    } finally {
      await foreign.rollBack();
      await other.drop();
    }
  });

  test('goes on where the database was restored by another server, which counts from its own beginning', async () => {
    const { url, store } = await openStore();
    const old = await insertTask(url);
    await command(url, `UPDATE tasks SET changed = ${2 ** 40}`);
    await migrateAt(url);
    const [restored] = await store.changedSince('key_a', 0, 9);
    expect(restored).toMatchObject({ id: old, changed: 2 ** 40 });
    const id = await insertTask(url);
    const changed = await store.changedSince('key_a', restored?.changed ?? 0, 9);
    expect(changed.map((task) => task.id)).toEqual([id]);
  });

  test('goes on within the changes of one commit', async () => {
    const { url, store } = await openStore();
    const transaction = await openTransaction(url);
    const ids = [
      await transaction.insertTask(),
      await transaction.insertTask(),
      await transaction.insertTask(),
    ];
    await transaction.commit();
    const first = await store.changedSince('key_a', 0, 2);
    expect(first.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const rest = await store.changedSince('key_a', first[1]?.changed ?? 0, 2, first[1]?.id);
    expect(rest.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(await store.changedSince('key_a', first[1]?.changed ?? 0, 2)).toEqual([]);
  });

  test('is asked for by ids, of tasks and of keys, also where it is still held up', async () => {
    const { url, store } = await openStore();
    const held = await openWrite(url);
    const ids = [await insertTask(url), await insertTask(url)];
    const numbers = await store.changeNumbers?.([ids[0] ?? '', 'gone'], ['key_a', 'key_none']);
    await held.rollBack();
    const tasks = await Promise.all(ids.map((id) => store.find(id)));
    expect(numbers).toEqual(
      new Map([
        [ids[0], tasks[0]?.changed],
        ['key_a', tasks[1]?.changed],
      ]),
    );
  });
});
