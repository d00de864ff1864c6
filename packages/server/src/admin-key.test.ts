import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../e2e/needed-tool.fixture.ts';
import { provideAdminKey } from './admin-key.ts';
import { parseConfig } from './config/parse-config.ts';
import type { Emit } from './core/events.ts';
import { adminKeyMark } from './core/keys/declared-keys.ts';
import { hashSecret, storeKey } from './core/keys/keys.ts';
import { createLocalChanges } from './core/tasks/changes.ts';
import { command, createDatabase, postgresUrl } from './store/postgres/database/store.fixture.ts';
import { openPostgres } from './store/postgres/open-postgres.ts';
import { openSqliteKeys } from './store/sqlite/key-store.ts';

const deaf = {
  onTaken: () => {},
  onSchemaStep: () => {},
  onAway: () => {},
  onBack: () => {},
  onRefused: () => {},
  onPooled: () => {},
};
const emit = () => {};
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
    const made = await Promise.all(
      started.map(({ store }) => provideAdminKey(store, configWith(), { now: 0, emit })),
    );
    expect(made.filter((secret) => secret !== null)).toHaveLength(1);
  });

  test('with the same admin key in their settings all have it, and a new one takes its place', async () => {
    const { started } = await startAtOnce(3);
    for (const key of ['a_key_of_at_least_32_characters_1', 'a_key_of_at_least_32_characters_2'])
      await Promise.all(
        started.map(({ store }) =>
          provideAdminKey(store, configWith({ PLANTAIN_ADMIN_KEY: key }), { now: 5, emit }),
        ),
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
      if (!isOtherThere) await provideAdminKey(store, config, { now: 5, emit });
      isOtherThere = true;
      return found;
    };
    await provideAdminKey({ ...store, findKeyByHash }, config, { now: 5, emit });
    expect(await store.listKeys()).toMatchObject([{ revokedAt: null }]);
  });
});

describe('the admin key of the settings', () => {
  const settings = (secret: string) => configWith({ PLANTAIN_ADMIN_KEY: secret });
  const [first, second] = ['a_key_of_at_least_32_characters_1', 'a_key_of_at_least_32_characters_2'];

  function openKeys() {
    const directory = mkdtempSync(join(tmpdir(), 'plantain-admin-key-'));
    const store = openSqliteKeys(directory);
    onTestFinished(() => {
      store.close();
      rmSync(directory, { recursive: true });
    });
    return store;
  }

  test('is known by its mark, and a key that only is called so is never revoked', async () => {
    const store = openKeys();
    const name = 'PLANTAIN_ADMIN_KEY';
    const user = await storeKey(store, { secret: 'one', name, now: 1 });
    const admin = await storeKey(store, { secret: 'two', name, role: 'admin', now: 1 });
    await provideAdminKey(store, settings(first), { now: 2, emit });
    await provideAdminKey(store, settings(second), { now: 3, emit });
    const keys = await store.listKeys();
    expect(
      keys.filter(({ id }) => [user.id, admin.id].includes(id)).map(({ revokedAt }) => revokedAt),
    ).toEqual([null, null]);
    const marked = keys.filter(({ declaredAs }) => declaredAs === adminKeyMark);
    expect(marked.map(({ revokedAt }) => revokedAt)).toEqual([3, null]);
    expect((await store.findKeyByHash(hashSecret(second)))?.revokedAt).toBeNull();
  });

  test('of an installation from before gets its mark by its secret, and is revoked when it changes', async () => {
    const store = openKeys();
    const before = await storeKey(store, {
      secret: first,
      name: 'PLANTAIN_ADMIN_KEY',
      role: 'admin',
      now: 1,
    });
    await provideAdminKey(store, settings(first), { now: 2, emit });
    expect(await store.listKeys()).toMatchObject([{ id: before.id, declaredAs: adminKeyMark }]);
    await provideAdminKey(store, settings(second), { now: 3, emit });
    expect((await store.findKey(before.id))?.revokedAt).toBe(3);
  });

  test('that was revoked by an act stays so, and the start goes on and says it', async () => {
    const store = openKeys();
    await provideAdminKey(store, settings(first), { now: 1, emit });
    const [key] = await store.listKeys();
    await store.revokeKey(key?.id ?? '', 2);
    const told: unknown[] = [];
    const tell: Emit = (event, fields) => void told.push([event, fields]);
    expect(await provideAdminKey(store, settings(first), { now: 3, emit: tell })).toBeNull();
    const mend = expect.stringContaining('stays so');
    expect(told).toEqual([['settled_key_revoked', { key: 'admin_key', keyId: key?.id, mend }]]);
    expect(await store.listKeys()).toMatchObject([{ revokedAt: 2 }]);
    await provideAdminKey(store, settings(second), { now: 4, emit });
    expect((await store.findKeyByHash(hashSecret(second)))?.revokedAt).toBeNull();
  });

  test('that other settings replaced is refused, and the one in its place is left as it is', async () => {
    const store = openKeys();
    await provideAdminKey(store, settings(first), { now: 1, emit });
    await provideAdminKey(store, settings(second), { now: 2, emit });
    await expect(provideAdminKey(store, settings(first), { now: 3, emit })).rejects.toThrow('was revoked');
    expect((await store.findKeyByHash(hashSecret(second)))?.revokedAt).toBeNull();
  });

  test('can be no secret that was replaced', async () => {
    const store = openKeys();
    const admin = await storeKey(store, { secret: first, name: 'admin', role: 'admin', now: 1 });
    await store.rollKey(admin.id, { hash: hashSecret(second), hint: '', previousUntil: 2 });
    await expect(provideAdminKey(store, settings(first), { now: 3, emit })).rejects.toThrow(
      `a secret of ${admin.id} that was replaced`,
    );
  });

  test('can be no key that is revoked, or that is a user’s', async () => {
    const store = openKeys();
    const user = await storeKey(store, { secret: first, name: 'a user', now: 1 });
    await expect(provideAdminKey(store, settings(first), { now: 2, emit })).rejects.toThrow(
      `${user.id}, which is no admin key`,
    );
    await store.revokeKey(user.id, 2);
    await expect(provideAdminKey(store, settings(first), { now: 3, emit })).rejects.toThrow('was revoked');
  });
});
