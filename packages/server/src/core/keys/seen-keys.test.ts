import { expect, test } from 'vitest';
import { databaseAway } from '../errors.ts';
import { apiKey } from './api-key.fixture.ts';
import type { ApiKey } from './key-store.ts';
import { createAuthenticator } from './authenticator.ts';

const minutes = 60_000;

function setUp() {
  const key = apiKey();
  const state = { at: 1_000, isAway: false };
  const timers: (() => void)[] = [];
  const store = {
    async findKeyByHash(): Promise<ApiKey | null> {
      if (state.isAway) throw databaseAway();
      return { ...key };
    },
    async endedSecrets(hashes: readonly Uint8Array[]) {
      if (state.isAway) throw databaseAway();
      return key.revokedAt === null ? [] : [...hashes];
    },
  };
  const { find } = createAuthenticator(
    store,
    { now: () => state.at },
    {
      later: (run) => void timers.push(run),
    },
  );
  /** Lets time pass, and has all timers fire. */
  async function pass(ms: number) {
    state.at += ms;
    for (const run of timers.splice(0)) run();
    await new Promise(setImmediate);
  }
  return { find, key, state, pass, store };
}

test('a key that was seen is believed for five minutes while the database is away, and others are not', async () => {
  const { find, state, pass } = setUp();
  await find('known');
  await pass(1_000);
  state.isAway = true;
  await pass(5 * minutes - 1_000);
  expect(await find('known')).toMatchObject({ keyId: 'key_1', role: 'user' });
  await expect(find('other')).rejects.toMatchObject({ type: 'overloaded' });
  await pass(1_000);
  await expect(find('known')).rejects.toMatchObject({ type: 'overloaded' });
});

test('a key that ends while it is believed is believed no longer', async () => {
  const { find, key, state, pass } = setUp();
  key.expiresAt = 2 * minutes;
  await find('known');
  state.isAway = true;
  await pass(2 * minutes);
  expect(await find('known')).toBeNull();
});

test('a key that was revoked does not come back when the database goes away, whoever revoked it', async () => {
  const { find, key, state, pass } = setUp();
  await find('known');
  key.revokedAt = state.at;
  // Nobody shows the key meanwhile, and the process asks by itself.
  await pass(5_000);
  state.isAway = true;
  await expect(find('known')).rejects.toMatchObject({ type: 'overloaded' });
});

test('an answer that is older than a revocation does not bring the key back', async () => {
  const { find, key, state, pass, store } = setUp();
  await find('known');
  await pass(1_000);
  const held = Promise.withResolvers<ApiKey | null>();
  const { findKeyByHash } = store;
  store.findKeyByHash = () => held.promise;
  const late = find('known');
  store.findKeyByHash = findKeyByHash;
  await pass(1_000);
  key.revokedAt = state.at;
  expect(await find('known')).toBeNull();
  held.resolve({ ...key, revokedAt: null });
  await late;
  state.isAway = true;
  await pass(1_000);
  await expect(find('known')).rejects.toMatchObject({ type: 'overloaded' });
});
