import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../e2e/needed-tool.fixture.ts';
import { provideAdminKey } from './admin-key.ts';
import { parseConfig } from './config/parse-config.ts';
import { createLocalChanges } from './core/tasks/changes.ts';
import { command, createDatabase, postgresUrl } from './store/postgres/database/store.fixture.ts';
import { openPostgres } from './store/postgres/open-postgres.ts';

const deaf = {
  onTaken: () => {},
  onAway: () => {},
  onBack: () => {},
  onRefused: () => {},
  onPooled: () => {},
};
const configWith = (environment: Record<string, string> = {}) => parseConfig(environment).config;

async function startAtOnce(count: number) {
  const { url, drop } = await createDatabase('template0');
  const started = await Promise.all(
    Array.from({ length: count }, () =>
      openPostgres({ url, changes: createLocalChanges(), alone: false, ...deaf }),
    ),
  );
  onTestFinished(async () => {
    for (const { store } of started) await store.close();
    await drop();
  });
  return { url, started };
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('servers that start at once', () => {
  test('on an empty database make its tables, the secret of links and the admin key once', async () => {
    const { url, started } = await startAtOnce(4);
    expect(new Set(started.map(({ linkSecrets }) => String(linkSecrets()?.secret))).size).toBe(1);
    expect(await command(url, 'SELECT version FROM plantain_schema')).toHaveLength(1);
    const made = await Promise.all(started.map(({ store }) => provideAdminKey(store, configWith(), 0)));
    expect(made.filter((secret) => secret !== null)).toHaveLength(1);
  });

  test('with the same admin key in their settings all have it, and a new one takes its place', async () => {
    const { started } = await startAtOnce(3);
    for (const key of ['a_key_of_at_least_32_characters_1', 'a_key_of_at_least_32_characters_2'])
      await Promise.all(
        started.map(({ store }) => provideAdminKey(store, configWith({ PLANTAIN_ADMIN_KEY: key }), 5)),
      );
    const keys = await started[0]?.store.listKeys();
    expect(keys?.map(({ revokedAt }) => revokedAt)).toHaveLength(2);
    expect(keys?.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1);
  });

  test('leave a new key as it is that another of them stored meanwhile', async () => {
    const { started } = await startAtOnce(1);
    const { store } = started[0]!;
    const config = configWith({ PLANTAIN_ADMIN_KEY: 'a_key_of_at_least_32_characters_1' });
    let isOtherThere = false;
    const findKeyByHash: typeof store.findKeyByHash = async (hash) => {
      const found = await store.findKeyByHash(hash);
      if (!isOtherThere) await provideAdminKey(store, config, 5);
      isOtherThere = true;
      return found;
    };
    await provideAdminKey({ ...store, findKeyByHash }, config, 5);
    expect(await store.listKeys()).toMatchObject([{ revokedAt: null }]);
  });
});
