// Owners, and the limits of owners and keys.

import { describe, expect } from 'vitest';
import { apiKey } from '../../core/keys/api-key.fixture.ts';
import { owner } from '../../core/owners/owner.fixture.ts';
import type { LimitedChange } from '../../core/limits/change-limited.ts';
import type { Limited } from '../../core/limits/limits.ts';
import { type OpenStore, storeTest } from './store.fixture.ts';
import { setLimited } from '../limits.fixture.ts';

const budget = { period: 'month', amountMicroUsd: 5_000_000, timeZone: 'Europe/Berlin' } as const;

export function testOwners(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`an owner on ${name}`, () => {
    test('is found, and changes in what it is told to alone', async ({ store }) => {
      const made = owner({ id: 'own_1', name: 'a “team”', weight: 2.5, shared: true, createdAt: 7 });
      await store.insertOwner(made);
      expect(await store.findOwner('own_1')).toEqual(made);
      expect(await store.findOwner('\0')).toBeNull();
      expect(await store.changeOwner('own_1', { weight: 0.5 })).toBe(true);
      expect(await store.findOwner('own_1')).toEqual({ ...made, weight: 0.5 });
      expect(await store.changeOwner('own_1', { name: 'b', shared: false })).toBe(true);
      expect(await store.findOwner('own_1')).toEqual({ ...made, weight: 0.5, name: 'b', shared: false });
      expect(await store.changeOwner('none', { name: 'b' })).toBe(false);
    });

    test('tells how many keys it has and when one of them was used last', async ({ store }) => {
      await store.insertOwner(owner());
      const keys = [
        apiKey({ id: 'key_a', ownerId: 'own_1', revokedAt: 5 }),
        apiKey({ id: 'key_b', ownerId: 'own_1' }),
        apiKey({ id: 'key_c' }),
      ];
      for (const [index, each] of keys.entries()) await store.insertKey(each, Buffer.alloc(32, index));
      expect(await store.findOwner('own_1')).toEqual(owner({ keyCount: 1 }));
    });

    test('is in a list from the oldest on, page by page', async ({ store }) => {
      const all = ['own_c', 'own_a', 'own_b'].map((id, index) =>
        owner({ id, createdAt: index === 0 ? 1 : 2 }),
      );
      for (const each of all.toReversed()) await store.insertOwner(each);
      expect(await store.listOwners({ after: null, limit: 9 })).toEqual(all);
      expect(await store.listOwners({ after: null, limit: 1 })).toEqual(all.slice(0, 1));
      expect(await store.listOwners({ after: all[1]!, limit: 9 })).toEqual(all.slice(2));
      expect(await store.listOwners({ after: all[2]!, limit: 9 })).toEqual([]);
    });

    test('is deleted once, with its limits and those of its keys, which are revoked', async ({ store }) => {
      for (const id of ['own_1', 'own_2']) await store.insertOwner(owner({ id }));
      const keys = [apiKey({ id: 'key_a', ownerId: 'own_1' }), apiKey({ id: 'key_b', ownerId: 'own_2' })];
      for (const [index, each] of keys.entries()) await store.insertKey(each, Buffer.alloc(32, index));
      for (const id of ['own_1', 'own_2', 'key_a', 'key_b'])
        await setLimited(store, id, { budget, limits: {} });
      expect(await store.deleteOwner('own_1', 9)).toBe('deleted');
      expect(await store.deleteOwner('own_1', 10)).toBe('unknown');
      expect(await store.deleteOwner('\0', 10)).toBe('unknown');
      expect(await store.changeOwner('own_1', { name: 'back' })).toBe(false);
      expect((await store.findOwner('own_1'))?.deletedAt).toBe(9);
      expect((await store.listOwners({ after: null, limit: 9 })).map(({ id }) => id)).toEqual(['own_2']);
      expect((await store.listKeys()).map(({ revokedAt }) => revokedAt)).toEqual([9, null]);
      const left = await store.readLimited(['own_1', 'own_2', 'key_a', 'key_b']);
      expect(left).toEqual(
        new Map<string, Limited>([
          ['own_1', { budget: null, limits: { waiting: 0 } }],
          ['own_2', { budget, limits: {} }],
          ['key_b', { budget, limits: {} }],
        ]),
      );
    });

    test('can’t be deleted while the last usable admin key is its own', async ({ store }) => {
      await store.insertOwner(owner());
      await store.insertKey(apiKey({ id: 'key_a', ownerId: 'own_1', role: 'admin' }), Buffer.alloc(32, 1));
      expect(await store.deleteOwner('own_1', 9)).toBe('last_admin');
      expect((await store.findOwner('own_1'))?.deletedAt).toBeNull();
      await store.insertKey(apiKey({ id: 'key_b', role: 'admin' }), Buffer.alloc(32, 2));
      expect(await store.deleteOwner('own_1', 9)).toBe('deleted');
    });
  });

  describe(`limits on ${name}`, () => {
    test('are set in place of those before, of an owner as of a key', async ({ store }) => {
      const some: Limited = { budget, limits: { waiting: 3, reservedMicroUsd: 0 } };
      await setLimited(store, 'own_1', { budget: null, limits: { running: 1 } });
      await setLimited(store, 'own_1', some);
      await setLimited(store, 'key_1', { budget, limits: {} });
      expect(await store.readLimited(['own_1', 'key_1', 'key_2'])).toEqual(
        new Map<string, Limited>([
          ['own_1', some],
          ['key_1', { budget, limits: {} }],
        ]),
      );
      expect(await store.readLimited([])).toEqual(new Map());
    });

    test('change one by one, at the same time too', async ({ store }) => {
      await store.insertOwner(owner({ id: 'own_1' }));
      const change = (limited: LimitedChange) => store.changeOwner('own_1', { limited });
      await Promise.all([
        change({ limits: { running: 1 } }),
        change({ limits: { waiting: 2 } }),
        change({ budget }),
      ]);
      const some = new Map<string, Limited>([['own_1', { budget, limits: { running: 1, waiting: 2 } }]]);
      expect(await store.readLimited(['own_1'])).toEqual(some);
      await change({ limits: { running: null } });
      await change({ limits: { waiting: null }, budget: null });
      expect(await store.readLimited(['own_1'])).toEqual(new Map());
    });

    test('are gone where nothing is set any more', async ({ store }) => {
      await setLimited(store, 'own_1', { budget, limits: {} });
      await setLimited(store, 'own_1', { budget: null, limits: {} });
      expect(await store.readLimited(['own_1'])).toEqual(new Map());
    });
  });
}
