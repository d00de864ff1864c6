import { describe, expect, test } from 'vitest';
import { apiKey } from './api-key.fixture.ts';
import type { ApiKey } from './key-store.ts';
import { createAuthenticator } from './authenticator.ts';
import { hashSecret, newSecret } from './keys.ts';

function setUp(change: Partial<ApiKey> = {}) {
  const secret = newSecret();
  const key = apiKey(change);
  const clock = { at: 1_000, now: () => clock.at };
  const timers: { at: number; run: () => void }[] = [];
  const later = (run: () => void, ms: number) => void timers.push({ at: clock.at + ms, run });
  const pass = (ms: number) => {
    clock.at += ms;
    for (const timer of timers.splice(0)) {
      if (timer.at > clock.at) timers.push(timer);
      else timer.run();
    }
  };
  const reads: string[] = [];
  const store = {
    async findKeyByHash(hash: Uint8Array) {
      reads.push(Buffer.from(hash).toString('hex'));
      return Buffer.from(hash).equals(Buffer.from(hashSecret(secret))) ? key : null;
    },
  };
  const { find: authenticate } = createAuthenticator(store, clock, { later });
  return { authenticate, secret, key, clock, pass, reads };
}

/** Reads of a store that end when the test ends them. */
function heldReads() {
  const reads: PromiseWithResolvers<ApiKey | null>[] = [];
  const findKeyByHash = () => {
    const read = Promise.withResolvers<ApiKey | null>();
    reads.push(read);
    return read.promise;
  };
  return { reads, findKeyByHash };
}

describe('an API key', () => {
  test('is found by the hash of its secret, which is what the store is asked for', async () => {
    const { authenticate, secret, reads } = setUp();
    expect(await authenticate(secret)).toMatchObject({ keyId: 'key_1', ownerId: 'key_1', role: 'user' });
    expect(reads).toEqual([Buffer.from(hashSecret(secret)).toString('hex')]);
    expect(await authenticate(`${secret}x`)).toBeNull();
    expect(await authenticate('')).toBeNull();
  });

  test('is read once while it is believed, and again after that, so that a revocation is noticed', async () => {
    const { authenticate, secret, reads, clock, pass, key } = setUp();
    await authenticate(secret);
    pass(999);
    await authenticate(secret);
    expect(reads).toHaveLength(1);
    key.revokedAt = clock.at;
    pass(1);
    expect(await authenticate(secret)).toBeNull();
  });

  test('ends at its expiry to the millisecond, cached or not', async () => {
    const { authenticate, secret, clock } = setUp({ expiresAt: 1_500 });
    expect(await authenticate(secret)).not.toBeNull();
    clock.at = 1_499;
    expect(await authenticate(secret)).not.toBeNull();
    clock.at = 1_500;
    expect(await authenticate(secret)).toBeNull();
  });

  test('that can’t be used is read once a second, however often it is sent, and at most so many are remembered', async () => {
    const { authenticate, secret, key, reads, pass, clock } = setUp();
    for (let time = 0; time < 100; time += 1) expect(await authenticate('a guess')).toBeNull();
    expect(reads).toHaveLength(1);
    pass(1_000);
    await authenticate('a guess');
    expect(reads).toHaveLength(2);
    key.revokedAt = clock.at;
    for (let time = 0; time < 100; time += 1) expect(await authenticate(secret)).toBeNull();
    expect(reads).toHaveLength(3);
    for (let number = 0; number < 10_000; number += 1) await authenticate(`guess ${number}`);
    reads.length = 0;
    await authenticate('guess 9999');
    expect(reads).toEqual([]);
    await authenticate('a guess');
    expect(reads).toHaveLength(1);
  });

  test('that is unknown does not push known ones out of the cache', async () => {
    const { authenticate, secret, reads } = setUp();
    await authenticate(secret);
    for (let number = 0; number < 20_000; number += 1) await authenticate(`guess ${number}`);
    reads.length = 0;
    await authenticate(secret);
    expect(reads).toEqual([]);
  });

  test('is read once for all who ask at the same moment', async () => {
    const { authenticate, secret, reads } = setUp();
    await Promise.all(Array.from({ length: 50 }, () => authenticate(secret)));
    expect(reads).toHaveLength(1);
  });

  test('is not believed for longer because its read ended late', async () => {
    const { secret, key, clock } = setUp();
    const { reads, findKeyByHash } = heldReads();
    const ends: (() => void)[] = [];
    const { find, peek } = createAuthenticator({ findKeyByHash }, clock, {
      later: (run) => void ends.push(run),
    });
    const other = find('another');
    reads[0]?.resolve({ ...key, id: 'key_2' });
    await other;
    const slow = find(secret);
    // The second of what is believed is over while the read is under way.
    for (const end of ends) end();
    reads[1]?.resolve(key);
    expect(await slow).toMatchObject({ keyId: 'key_1', ownerId: 'key_1', role: 'user' });
    expect(peek(secret)).toBeUndefined();
  });

  test('is asked for again a second after a read of it began that is still under way', async () => {
    const { secret, key, clock } = setUp();
    const { reads, findKeyByHash } = heldReads();
    const ends: (() => void)[] = [];
    const { find } = createAuthenticator({ findKeyByHash }, clock, { later: (run) => void ends.push(run) });
    const slow = find(secret);
    for (const end of ends) end();
    const next = find(secret);
    reads[0]?.resolve(key);
    reads[1]?.resolve({ ...key, revokedAt: clock.at });
    expect([await slow, await next]).toMatchObject([{ keyId: 'key_1', role: 'user' }, null]);
  });

  test('is found without waiting where the store can, and has to be waited for where it can’t', async () => {
    const { secret, key, clock } = setUp();
    const later = () => {};
    const findKeyByHash = async () => key;
    const quick = createAuthenticator({ findKeyByHash, findKeyNow: () => key }, clock, { later });
    expect(quick.peek(secret)).toMatchObject({ keyId: 'key_1', ownerId: 'key_1', role: 'user' });
    const slow = createAuthenticator({ findKeyByHash }, clock, { later });
    expect(slow.peek(secret)).toBeUndefined();
    await slow.find(secret);
    expect(slow.peek(secret)).toMatchObject({ keyId: 'key_1', ownerId: 'key_1', role: 'user' });
  });
});
