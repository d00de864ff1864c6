import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { type Change, createLocalChanges } from '../../../core/tasks/changes.ts';
import { createTestTime } from '../../../lib/timers.fixture.ts';
import { newTask } from '../../conformance/store.fixture.ts';
import type { Store } from '../../store.ts';
import { insertTask, openTransaction, openWrite } from './open-transaction.fixture.ts';
import { createPostgresStore } from '../postgres-store.ts';
import { command, createDatabase, databaseOfTest, postgresUrl } from '../database/store.fixture.ts';

/** Nothing listens there. */
const nowhere = 'postgres://127.0.0.1:1/none';

/** A process on the database, and the ids of the tasks whose changes it heard of, in that order. */
interface Process {
  store: Store;
  heard: string[];
  /** How often it was said that changes may have been missed. */
  missed: () => number;
}

/** Gives what starts processes for the test that runs, on a database of its own. */
async function startServer() {
  const url = await databaseOfTest();
  const time = createTestTime();
  onTestFinished(() => time.end());
  async function startProcess(listenUrl: string | null = url): Promise<Process> {
    const changes = createLocalChanges();
    const heard: string[] = [];
    let missed = 0;
    changes.listen(
      ({ taskId }: Change) => heard.push(taskId),
      () => (missed += 1),
    );
    const { store, feed } = createPostgresStore({ url, listenUrl, changes, startTimer: time.startTimer });
    onTestFinished(() => store.close());
    await feed.follow();
    return { store, heard, missed: () => missed };
  }
  return { url, time, startProcess };
}

/** Processes of the server that serve a connection which listens. */
const listeners = (url: string) =>
  command(
    url,
    `SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'plantain listener' AND query LIKE 'LISTEN%'`,
  );

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('changes by other processes', () => {
  test('are heard of, in their order, and a process hears of its own once', async () => {
    const { startProcess } = await startServer();
    const [one, other] = [await startProcess(), await startProcess()];
    const tasks = Array.from({ length: 5 }, () => newTask());
    for (const task of tasks) await one.store.insert([task]);
    const ids = tasks.map(({ id }) => id);
    await expect.poll(() => other.heard).toEqual(ids);
    expect(one.heard).toEqual(ids);
  });

  test('are heard of within a second where notifications are lost', async () => {
    const { startProcess, time } = await startServer();
    const [one, other] = [await startProcess(), await startProcess(nowhere)];
    const task = newTask();
    await one.store.insert([task]);
    time.pass(1_000);
    await expect.poll(() => other.heard).toEqual([task.id]);
  });

  test('are heard of where nothing listens', async () => {
    const { startProcess, time } = await startServer();
    const [one, other] = [await startProcess(), await startProcess(null)];
    const task = newTask();
    await one.store.insert([task]);
    time.pass(1_000);
    await expect.poll(() => other.heard).toEqual([task.id]);
  });

  test('are heard of when the connection that listens was lost', async () => {
    const { url, startProcess, time } = await startServer();
    const [one, other] = [await startProcess(null), await startProcess()];
    await expect.poll(() => listeners(url)).toHaveLength(1);
    const before = await listeners(url);
    await command(
      url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'plantain listener'`,
    );
    await expect.poll(() => listeners(url)).toEqual([]);
    time.pass(1_000);
    await expect.poll(() => listeners(url)).toHaveLength(1);
    expect(await listeners(url)).not.toEqual(before);
    const task = newTask();
    await one.store.insert([task]);
    await expect.poll(() => other.heard).toEqual([task.id]);
  });

  test('are heard of early where one with a smaller number is to come, and again when it has', async () => {
    const { url, startProcess } = await startServer();
    const { store, heard } = await startProcess();
    const [early, late] = [await openTransaction(url), await openTransaction(url)];
    const ids = [await early.insertTask(), await late.insertTask()];
    await late.query(`NOTIFY plantain_changes`);
    await late.commit();
    await expect.poll(() => heard).toEqual(ids.slice(1));
    // It was told of and can't be shown yet, so it is told of again.
    expect(await store.changedSince('key_a', 0, 9)).toEqual([]);
    await early.query(`NOTIFY plantain_changes`);
    await early.commit();
    await expect.poll(() => heard).toEqual([ids[1], ...ids]);
    expect((await store.changedSince('key_a', 0, 9)).map(({ id }) => id)).toEqual(ids);
  });

  test('are told of again soon, where they are its own and could not be shown yet', async () => {
    const { url, startProcess, time } = await startServer();
    const { store, heard } = await startProcess();
    const early = await openTransaction(url);
    const other = await early.insertTask();
    const [first, second] = [newTask(), newTask()];
    await store.insert([first]);
    expect(await store.changedSince('key_a', 0, 9)).toEqual([]);
    await early.commit();
    await store.insert([second]);
    time.pass(10);
    await expect.poll(() => heard.toSorted()).toEqual([first.id, first.id, second.id, other].toSorted());
  });

  test('are heard of while a transaction of another database is open', async () => {
    const { url, startProcess } = await startServer();
    const other = await createDatabase();
    const foreign = await openWrite(other.url);
    try {
      const { store, heard } = await startProcess();
      const ids = [await insertTask(url), await insertTask(url)];
      await command(url, 'NOTIFY plantain_changes');
      await expect.poll(() => heard).toEqual(ids);
      expect((await store.changedSince('key_a', 0, 9)).map(({ id }) => id)).toEqual(ids);
    } finally {
      await foreign.rollBack();
      await other.drop();
    }
  });

  test('are heard of when tasks are deleted', async () => {
    const { url, startProcess } = await startServer();
    const id = await insertTask(url);
    await command(
      url,
      `UPDATE tasks SET state = 'error', finished_at = 1, view = '{}', view_key = 'k', failure = '{}'`,
    );
    const [one, other] = [await startProcess(), await startProcess()];
    expect(await one.store.deleteIfFinal(id, 'key_a', 2)).toEqual([]);
    await expect.poll(() => other.heard).toEqual([id]);
  });

  test('are not lost when the store that made them closes', async () => {
    const { startProcess } = await startServer();
    const [one, other] = [await startProcess(), await startProcess()];
    const tasks = Array.from({ length: 20 }, () => newTask());
    const inserted = tasks.map((task) => one.store.insert([task]));
    await one.store.close();
    await Promise.all(inserted);
    await expect.poll(() => other.heard.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
  });

  test('reads under way are answered when the store closes', async () => {
    const { url, startProcess } = await startServer();
    const id = await insertTask(url);
    const { store } = await startProcess();
    const reads = Array.from({ length: 50 }, () =>
      store.list({ keyId: 'key_a', limit: 9 }, { viewKey: 'k' }),
    );
    await store.close();
    expect((await Promise.all(reads)).every(({ tasks }) => tasks[0]?.id === id)).toBe(true);
    await expect(store.find(id)).rejects.toThrow('closed');
  });
});
