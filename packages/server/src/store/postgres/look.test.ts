import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { newTask } from '../conformance/store.fixture.ts';
import { command, createDatabase, databaseOfTest, postgresUrl } from './database/store.fixture.ts';
import { lookAtPostgres } from './look.ts';
import { createPostgresStore } from './postgres-store.ts';

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a look at a database', () => {
  test('has its counts, its clock and its servers, and changes nothing', async () => {
    const url = await databaseOfTest();
    const { store } = createPostgresStore({ url, changes: createLocalChanges() });
    await store.insert([newTask({ createdAt: 5_000 }), newTask({ createdAt: 6_000 })]);
    await store.close();
    const beat = Date.now();
    await command(
      url,
      `INSERT INTO nodes VALUES ('a', 'all', 'h', 1, '1', '1', 1, ${beat}, 0, 1, 1, 1, '[]'), ('b', 'all', 'h', 2, '1', '1', 1, 5, 0, 1, 1, 1, '[]')`,
    );
    const { server, aheadMs, servers, state } = await lookAtPostgres(url, Date.now);
    expect(server).toMatch(/^\d+\.\d+$/);
    expect(Math.abs(aheadMs)).toBeLessThan(60_000);
    expect(servers).toBe(1);
    expect(state).toMatchObject({
      waiting: 2,
      running: 0,
      latestAt: 6_000,
      usableKeys: 0,
      overdueDeliveries: 0,
    });
  });

  test('finds one without tables, one of a newer version, and none', async () => {
    const { url, drop } = await createDatabase('template0');
    onTestFinished(drop);
    expect((await lookAtPostgres(url, Date.now)).state).toBeNull();
    const newer = await databaseOfTest();
    await command(newer, 'UPDATE plantain_schema SET version = 9999');
    expect((await lookAtPostgres(newer, Date.now)).state).toEqual({
      schema: 9999,
      newest: expect.any(Number) as number,
    });
    await expect(lookAtPostgres(`${url}_unknown`, Date.now)).rejects.toThrow('PLANTAIN_DATABASE_URL');
  });
});
