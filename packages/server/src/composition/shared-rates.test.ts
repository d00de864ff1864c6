import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../e2e/needed-tool.fixture.ts';
import { refusalOf, type TestServer } from '../http/server.fixture.ts';
import { postgresUrl } from '../store/postgres/database/store.fixture.ts';
import { openForSeveral } from './several-servers.fixture.ts';

const query = (server: TestServer) => server.call('/api/models');
/** Queries that are left, by an answer that counts for none. */
const left = async (server: TestServer) => {
  const { headers } = await server.call('/api/me');
  return Number(/"query";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
};

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('rates on several servers', () => {
  test('hold over all of them, and each says what is left of all', async () => {
    const { start } = await openForSeveral();
    const limited = { KEY_LIMITS: '{"queries_per_minute": 6}' };
    const [one, other] = [await start('api', limited), await start('api', limited)];
    await query(one);
    await query(other);
    await expect.poll(() => Promise.all([left(one), left(other)])).toEqual([4, 4]);
    await query(one);
    await query(one);
    await expect.poll(() => left(other)).toBe(2);
    await query(other);
    await query(other);
    refusalOf(await query(other), 429);
    await expect.poll(async () => (await query(one)).status).toBe(429);
  });
});
