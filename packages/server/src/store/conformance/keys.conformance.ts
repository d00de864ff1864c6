// API keys.

import { describe, expect } from 'vitest';
import { apiKey } from '../../core/keys/api-key.fixture.ts';
import type { ApiKey } from '../../core/keys/key-store.ts';
import { type OpenStore, storeTest } from './store.fixture.ts';

const keyOf = (id: string, change: Partial<ApiKey> = {}): ApiKey =>
  apiKey({ id, name: id, role: 'admin', ...change });

export function testKeys(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`an API key on ${name}`, () => {
    test('the last usable admin key can be renamed, but neither ended nor given an earlier end', async ({
      store,
    }) => {
      const keys = [
        keyOf('last'),
        keyOf('expired', { expiresAt: 5 }),
        keyOf('revoked', { revokedAt: 5 }),
        keyOf('user', { role: 'user' }),
        keyOf('second'),
      ];
      for (const [index, each] of keys.entries()) await store.insertKey(each, Buffer.alloc(32, index));
      // Two admins who revoke each other's key at the same time: one of them wins.
      const both = await Promise.all([
        store.changeKey('second', { revokedAt: 10 }, 10),
        store.changeKey('last', { revokedAt: 10 }, 10),
      ]);
      expect(both).toEqual(['changed', 'last_admin']);
      expect(await store.changeKey('last', { expiresAt: 99 }, 10)).toBe('last_admin');
      expect(await store.changeKey('last', { name: 'new name' }, 10)).toBe('changed');
      expect(await store.findKey('last')).toEqual(keyOf('last', { name: 'new name' }));
      expect(await store.changeKey('expired', { expiresAt: 4 }, 10)).toBe('changed');
      expect(await store.changeKey('user', { revokedAt: 10 }, 10)).toBe('changed');
      expect(await store.changeKey('user', { name: 'x' }, 10)).toBe('revoked');
      expect(await store.changeKey('nobody', { name: 'x' }, 10)).toBe('unknown');
      expect(await store.changeKey('\0', { name: 'x' }, 10)).toBe('unknown');
      await store.changeKey('expired', { expiresAt: 20 }, 10);
      expect(await store.changeKey('expired', { expiresAt: 30 }, 10)).toBe('changed');
      expect(await store.changeKey('last', { expiresAt: 99 }, 10)).toBe('changed');
      expect(await store.changeKey('last', { expiresAt: null }, 10)).toBe('changed');
      expect((await store.findKey('last'))?.expiresAt).toBeNull();
      const hashes = [0, 1, 3, 9].map((index) => Buffer.alloc(32, index));
      const ended = await store.endedSecrets?.(hashes, 30);
      const ids = ['last', 'user', 'expired', 'nobody'];
      expect(await store.endedKeys(ids, 30)).toEqual(['expired', 'user']);
      if (ended !== undefined) expect(ended.map(([first]) => first)).toEqual([1, 3, 9]);
    });

    test('is inserted once for a hash, and the first one once, however many try at the same time', async ({
      store,
    }) => {
      const firsts = await Promise.all(
        ['one', 'two', 'three'].map((id, index) => store.insertFirstKey(keyOf(id), Buffer.alloc(32, index))),
      );
      expect(firsts.filter(Boolean)).toHaveLength(1);
      expect(await store.insertFirstKey(keyOf('late'), Buffer.alloc(32, 9))).toBe(false);
      const same = await Promise.all(
        ['four', 'five'].map((id) => store.insertKey(keyOf(id), Buffer.alloc(32, 4))),
      );
      expect(same.filter(Boolean)).toHaveLength(1);
      expect(await store.listKeys()).toHaveLength(2);
    });

    test('is found by its id and by its hash, and lists go from the oldest on', async ({ store }) => {
      const [old, young] = [keyOf('old', { createdAt: 1 }), keyOf('young', { createdAt: 2 })];
      await store.insertKey(young, Buffer.alloc(32, 1));
      await store.insertKey(old, Buffer.alloc(32, 2));
      expect(await store.findKey('old')).toEqual(old);
      expect(await store.findKey('none')).toBeNull();
      expect(await store.findKey('\0')).toBeNull();
      expect(await store.findKeyByHash(Buffer.alloc(32, 1))).toEqual(young);
      expect(await store.findKeyByHash(Buffer.alloc(32, 3))).toBeNull();
      expect(await store.listKeys()).toEqual([old, young]);
      for (const find of store.findKeyNow === undefined ? [] : [store.findKeyNow])
        expect([find(Buffer.alloc(32, 1)), find(Buffer.alloc(32, 3))]).toEqual([young, null]);
    });

    test('has an owner, scopes, models, networks and a priority, which can be changed', async ({ store }) => {
      const made = keyOf('made', {
        role: 'user',
        ownerId: 'own_1',
        scopes: ['read', 'tasks'],
        models: ['nano-banana'],
        networks: ['10.0.0.0/8', 'fd00::/8'],
        priorityMax: 3,
        declaredAs: 'shop',
      });
      await store.insertKey(made, Buffer.alloc(32, 1));
      expect(await store.findKey('made')).toEqual(made);
      const change = {
        ownerId: null,
        scopes: ['admin'] as const,
        models: null,
        networks: null,
        priorityMax: 0,
      };
      expect(await store.changeKey('made', change, 1)).toBe('changed');
      expect(await store.findKeyByHash(Buffer.alloc(32, 1))).toEqual({ ...made, ...change, role: 'admin' });
      expect(await store.changeKey('made', { scopes: ['read'] }, 1)).toBe('last_admin');
    });

    test('is found by the secret before a roll until that ends, and by no earlier one', async ({ store }) => {
      const [first, second, third] = [1, 2, 3].map((index) => Buffer.alloc(32, index));
      if (first === undefined || second === undefined || third === undefined) return;
      await store.insertKey(keyOf('rolled', { expiresAt: 90, hint: 'a' }), first);
      expect(await store.rollKey('rolled', { hash: second, hint: 'b', previousUntil: 50 })).toBe('rolled');
      const rolled = keyOf('rolled', { expiresAt: 90, hint: 'b', previousUntil: 50 });
      expect(await store.findKeyByHash(second)).toEqual(rolled);
      expect(await store.findKeyByHash(first)).toEqual({ ...rolled, expiresAt: 50, isReplaced: true });
      expect(await store.insertKey(keyOf('other'), first)).toBe(false);
      const ended = async (now: number) =>
        (await store.endedSecrets?.([first, second], now))?.length ?? 'none';
      if (store.endedSecrets !== undefined) expect([await ended(49), await ended(50)]).toEqual([0, 1]);
      await store.rollKey('rolled', { hash: third, hint: 'c', previousUntil: 99 });
      expect(await store.findKeyByHash(first)).toBeNull();
      expect((await store.findKeyByHash(second))?.expiresAt).toBe(90);
      expect(await store.findKey('rolled')).toEqual({ ...rolled, hint: 'c', previousUntil: 99 });
      expect(await store.rollKey('none', { hash: first, hint: '', previousUntil: 0 })).toBe('unknown');
      await store.revokeKey('rolled', 9);
      expect(await store.rollKey('rolled', { hash: first, hint: '', previousUntil: 0 })).toBe('revoked');
    });

    test('has its last use noted, and none before that', async ({ store }) => {
      for (const [index, id] of ['a', 'b', 'c'].entries())
        await store.insertKey(keyOf(id), Buffer.alloc(32, index));
      await Promise.all([
        store.noteKeyUses([
          { keyId: 'a', at: 7 },
          { keyId: 'b', at: 5 },
          { keyId: 'none', at: 5 },
        ]),
        store.noteKeyUses([{ keyId: 'a', at: 6 }]),
      ]);
      expect((await store.listKeys()).map(({ lastUsedAt }) => lastUsedAt)).toEqual([7, 5, null]);
    });

    test('is revoked once, whichever it is', async ({ store }) => {
      await store.insertKey(keyOf('only'), Buffer.alloc(32, 1));
      expect(await store.revokeKey('only', 9)).toBe(true);
      expect(await store.revokeKey('only', 10)).toBe(false);
      expect(await store.revokeKey('none', 10)).toBe(false);
      expect(await store.revokeKey('\0', 10)).toBe(false);
      expect((await store.findKey('only'))?.revokedAt).toBe(9);
    });

    test('has a hash of its own', async ({ store }) => {
      await store.insertKey(keyOf('first'), Buffer.alloc(32, 1));
      expect(await store.insertKey(keyOf('second'), Buffer.alloc(32, 1))).toBe(false);
      expect(await store.listKeys()).toHaveLength(1);
    });
  });
}
