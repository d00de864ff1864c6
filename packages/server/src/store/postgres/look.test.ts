import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { newTask } from '../conformance/store.fixture.ts';
import { command, createDatabase, databaseOfTest, postgresUrl } from './database/store.fixture.ts';
import { findLiveEndpoints, lookAtPostgres } from './look.ts';
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

  test('has the endpoints that fail or were switched off, and those that are called with their secrets', async () => {
    const url = await databaseOfTest();
    const { store } = createPostgresStore({ url, changes: createLocalChanges() });
    const now = Date.now();
    for (const id of ['we_works', 'we_fails', 'we_failed', 'we_off', 'we_left'])
      await store.insertEndpoint(
        {
          id,
          keyId: 'key',
          url: `https://${id.slice(3)}.example/`,
          events: [],
          description: '',
          createdAt: now,
          failingSince: null,
          disabledAt: null,
          disabledReason: null,
        },
        `secret of ${id}`,
        9,
      );
    await store.insertTest('msg_1', { id: 'we_fails', keyId: 'key', url: 'https://fails.example/' }, now);
    await store.recordAttempt({
      deliveryId: 'msg_1',
      endpointId: 'we_fails',
      attempt: { at: now, durationMs: 1, status: 500, error: 'The receiver answered 500.', answerStart: '' },
      next: { state: 'failed', reason: 'The receiver answered 500.' },
      switchOff: { failingSince: 0, reason: 'It failed.' },
    });
    await store.changeEndpoint('we_left', { enabled: false }, now);
    await store.close();
    await command(
      url,
      `UPDATE webhook_endpoints SET disabled_at = 5, disabled_reason = 'It failed.' WHERE id = 'we_off'`,
    );
    await command(
      url,
      `UPDATE webhook_endpoints SET failing_since = 5, failed_at = 5 WHERE id = 'we_failed'`,
    );
    const { state } = await lookAtPostgres(url, Date.now);
    expect(state).toMatchObject({
      troubledEndpoints: 2,
      troubled: [
        { id: 'we_off', url: 'https://off.example/', isOff: true, since: 5, reason: 'It failed.' },
        { id: 'we_fails', isOff: false, since: now, reason: 'The receiver answered 500.' },
      ],
    });
    const { endpoints, count } = await findLiveEndpoints(url, now);
    expect(count).toBe(3);
    expect(endpoints.map(({ id }) => id).toSorted()).toEqual(['we_failed', 'we_fails', 'we_works']);
    expect(endpoints[0]?.secrets).toEqual([`secret of ${endpoints[0]?.id}`]);
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
