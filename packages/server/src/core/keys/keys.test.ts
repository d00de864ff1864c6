import { describe, expect, test } from 'vitest';
import type { ApiKey } from './key-store.ts';
import { createAuthenticator, hashSecret, newSecret } from './keys.ts';

function setUp(change: Partial<ApiKey> = {}) {
  const secret = newSecret();
  const key: ApiKey = {
    id: 'key_1',
    name: '',
    role: 'user',
    hint: '',
    createdAt: 0,
    expiresAt: null,
    revokedAt: null,
    ...change,
  };
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
    findKeyByHash(hash: Uint8Array) {
      reads.push(Buffer.from(hash).toString('hex'));
      return Buffer.from(hash).equals(Buffer.from(hashSecret(secret))) ? key : null;
    },
  };
  return { authenticate: createAuthenticator(store, clock, later), secret, key, clock, pass, reads };
}

describe('an API key', () => {
  test('is 256 random bits behind a prefix', () => {
    expect(newSecret()).toMatch(/^plantain_[\w-]{43}$/);
    expect(newSecret()).not.toBe(newSecret());
  });

  test('is found by the hash of its secret, which is what the store is asked for', () => {
    const { authenticate, secret, reads } = setUp();
    expect(authenticate(secret)).toEqual({ keyId: 'key_1', role: 'user' });
    expect(reads).toEqual([Buffer.from(hashSecret(secret)).toString('hex')]);
    expect(authenticate(`${secret}x`)).toBeNull();
    expect(authenticate('')).toBeNull();
  });

  test('is read once while it is believed, and again after that, so that a revocation is noticed', () => {
    const { authenticate, secret, reads, clock, pass, key } = setUp();
    authenticate(secret);
    pass(999);
    authenticate(secret);
    expect(reads).toHaveLength(1);
    key.revokedAt = clock.at;
    pass(1);
    expect(authenticate(secret)).toBeNull();
  });

  test('ends at its expiry to the millisecond, cached or not', () => {
    const { authenticate, secret, clock } = setUp({ expiresAt: 1_500 });
    expect(authenticate(secret)).not.toBeNull();
    clock.at = 1_499;
    expect(authenticate(secret)).not.toBeNull();
    clock.at = 1_500;
    expect(authenticate(secret)).toBeNull();
  });

  test('that is unknown does not push known ones out of the cache', () => {
    const { authenticate, secret, reads } = setUp();
    authenticate(secret);
    for (let number = 0; number < 20_000; number += 1) authenticate(`guess ${number}`);
    reads.length = 0;
    authenticate(secret);
    expect(reads).toEqual([]);
  });
});
