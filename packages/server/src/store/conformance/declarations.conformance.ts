// Keys and owners that the settings declare.

import { describe, expect } from 'vitest';
import { apiKey } from '../../core/keys/api-key.fixture.ts';
import { isSameDeclarations } from '../../core/keys/declaration-store.ts';
import {
  adminKeyMark,
  checkDeclared,
  claimDeclared,
  type DeclaredAccess,
  type DeclaredKey,
  type DeclaredOwner,
} from '../../core/keys/declared-keys.ts';
import { type OpenStore, storeTest } from './store.fixture.ts';

const hashOf = (byte: number) => Buffer.alloc(32, byte);
const keyOf = (change: Partial<DeclaredKey> = {}): DeclaredKey => ({
  id: 'shop',
  name: 'The shop',
  hash: hashOf(7).toString('hex'),
  owner: 'acme',
  scopes: ['read'],
  models: null,
  networks: ['10.0.0.0/8'],
  priorityMax: 2,
  expiresAt: null,
  limits: { running: 2 },
  budget: null,
  ...change,
});
const acme: DeclaredOwner = { id: 'acme', name: 'Acme', weight: 2, shared: true, limits: {}, budget: null };
const others: DeclaredAccess = {
  owners: [],
  keys: [keyOf({ id: 'other', owner: null, hash: hashOf(5).toString('hex') })],
};
const all: DeclaredAccess = { owners: [acme], keys: [keyOf()] };

/** Declares as a start with --accept-keys does. */
async function declare(store: Parameters<typeof claimDeclared>[0], declared: DeclaredAccess, now: number) {
  return (await claimDeclared(store, declared, { accepts: true })).reconcile(now);
}

export function testDeclarations(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`a declared key on ${name}`, () => {
    test('is made with its owner and its rights, once, and its entries say who did it', async ({ store }) => {
      for (let time = 1; time < 4; time += 1) {
        await checkDeclared(store, all);
        await declare(store, all, time);
      }
      const key = await store.findKeyByHash(hashOf(7));
      expect(key).toMatchObject({ declaredAs: 'shop', ownerId: 'own_acme', name: 'The shop', hint: '' });
      expect(key).toMatchObject({ scopes: ['read'], networks: ['10.0.0.0/8'], priorityMax: 2 });
      expect(await store.findOwner('own_acme')).toMatchObject({ name: 'Acme', weight: 2, shared: true });
      expect((await store.readLimited([key?.id ?? ''])).get(key?.id ?? '')?.limits).toEqual({ running: 2 });
      const log = await store.listAudit({ limit: 9 });
      expect(log.map(({ act, who }) => `${act} ${who}`).toSorted()).toEqual([
        'key.create declared',
        'owner.create declared',
      ]);
    });

    test('has a start read all keys once, however many are declared', async ({ store }) => {
      let lists = 0;
      const counted = { ...store, listKeys: () => ((lists += 1), store.listKeys()) };
      const keys = [1, 2, 3].map((byte) => keyOf({ id: `k${byte}`, hash: hashOf(byte).toString('hex') }));
      for (const time of [1, 2]) await declare(counted, { owners: [acme], keys }, time);
      expect(lists).toBe(2);
    });
    test('is made once by servers that start at the same time', async ({ store }) => {
      await Promise.all([1, 2, 3].map(() => declare(store, all, 1)));
      expect(await store.listKeys()).toHaveLength(1);
    });

    test('that is declared otherwise by a server that starts at the same time is made for one, and the other is refused', async ({
      store,
    }) => {
      const claims = () => [all, others].map((declared) => claimDeclared(store, declared, { accepts: true }));
      for (let round = 0; round < 2; round += 1) {
        const outcomes = await Promise.allSettled(claims());
        expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
        const refused = outcomes.find((outcome) => outcome.status === 'rejected');
        expect(String(refused?.reason)).toMatch(
          /than those that the last server wrote:\n {2}- (owners|keys)\./,
        );
        // The next round begins with what a third one has declared.
        await declare(store, { owners: [], keys: [keyOf({ id: 'third', owner: null })] }, 1);
      }
    });

    test('is no claim any more when the start fails, and ends a start whose claim another has taken', async ({
      store,
    }) => {
      const failed = await claimDeclared(store, all, { accepts: false });
      await failed.giveUp();
      expect(await store.readDeclarations()).toEqual([]);
      const first = await claimDeclared(store, all, { accepts: false });
      await claimDeclared(store, others, { accepts: true });
      await expect(first.reconcile(1)).rejects.toThrow('keys.other is missing here');
      await first.giveUp();
      await checkDeclared(store, others);
    });

    test('stays claimed by a start that works, whichever other that wanted the same fails, and when', async ({
      store,
    }) => {
      for (const before of [{ owners: [], keys: [] }, others]) {
        await declare(store, before, 1);
        const failed = await claimDeclared(store, all, { accepts: true });
        const works = await claimDeclared(store, all, { accepts: false });
        await works.reconcile(2);
        await failed.giveUp();
        await checkDeclared(store, all);
        await expect(checkDeclared(store, others)).rejects.toThrow('keys.other is new here');
      }
      await declare(store, { owners: [], keys: [] }, 3);
      const failed = await claimDeclared(store, { owners: [acme], keys: [] }, { accepts: false });
      const works = await claimDeclared(store, { owners: [acme], keys: [] }, { accepts: false });
      await failed.giveUp();
      await works.reconcile(4);
      expect(await store.readDeclarations()).toMatchObject([{ kind: 'owner', id: 'acme' }]);
    });

    test('of which a claim is not confirmed is not what an older build declares: it is refused, or accepts its own and keeps them', async ({
      store,
    }) => {
      // An older build knows no mark: it writes its declarations alone, and compares them with all that is stored.
      await declare(store, all, 1);
      const older = await store.readDeclarations();
      await declare(store, others, 2);
      const claimed = await claimDeclared(store, all, { accepts: true });
      const marked = await store.readDeclarations();
      expect(isSameDeclarations(marked, older)).toBe(false);
      expect(marked).toEqual(expect.arrayContaining(older));
      expect(await store.writeDeclarationsIfStill(marked, older)).toBe(true);
      await claimed.giveUp();
      expect(isSameDeclarations(await store.readDeclarations(), older)).toBe(true);
      const beside = await claimDeclared(store, all, { accepts: false });
      await beside.reconcile(3);
      await beside.giveUp();
      expect(isSameDeclarations(await store.readDeclarations(), older)).toBe(true);
    });

    test('is not revoked by a start that accepts something else and finds that another has done so after it', async ({
      store,
    }) => {
      const first = await claimDeclared(store, all, { accepts: true });
      await declare(store, others, 2);
      await expect(first.reconcile(3)).rejects.toThrow('keys.other is missing here');
      expect(await store.listKeys()).toMatchObject([{ declaredAs: 'other', revokedAt: null }]);
    });

    test('that is declared otherwise is found, with its place, before anything changes', async ({
      store,
    }) => {
      await declare(store, all, 1);
      const other = { owners: [acme], keys: [keyOf({ networks: null }), keyOf({ id: 'new' })] };
      await expect(checkDeclared(store, other)).rejects.toThrow(
        /keys\.shop differs in networks\n {2}- keys\.new is new here\n.*--accept-keys/s,
      );
      await expect(checkDeclared(store, { owners: [], keys: [] })).rejects.toThrow(
        /keys\.shop is missing here.*owners\.acme is missing here/s,
      );
      await expect(checkDeclared(store, { owners: [], keys: [] })).rejects.not.toThrow(
        hashOf(7).toString('hex'),
      );
      await checkDeclared(store, all);
    });

    test('keeps its tasks when its secret or its rights change, and the secret before ends', async ({
      store,
    }) => {
      await declare(store, all, 1);
      const before = await store.findKeyByHash(hashOf(7));
      const keys = [keyOf({ hash: hashOf(8).toString('hex'), owner: null, limits: {} })];
      await declare(store, { owners: [acme], keys }, 5);
      const after = await store.findKeyByHash(hashOf(8));
      expect(after).toMatchObject({ id: before?.id, ownerId: null });
      expect((await store.findKeyByHash(hashOf(7)))?.expiresAt).toBe(5);
      expect(await store.readLimited([after?.id ?? ''])).toEqual(new Map());
    });

    test('has its earlier secret again when that is declared again, and the other one ends', async ({
      store,
    }) => {
      const declareHash = (byte: number, now: number) =>
        declare(store, { owners: [acme], keys: [keyOf({ hash: hashOf(byte).toString('hex') })] }, now);
      await declareHash(7, 1);
      await declareHash(8, 5);
      await declareHash(7, 9);
      expect(await store.findKeyByHash(hashOf(7))).toMatchObject({ declaredAs: 'shop', expiresAt: null });
      expect(await store.findKeyByHash(hashOf(8))).toMatchObject({ declaredAs: 'shop', expiresAt: 9 });
      await store.insertKey(apiKey({ id: 'key_made' }), hashOf(3));
      await store.rollKey('key_made', { hash: hashOf(4), hint: '', previousUntil: 10 });
      await expect(declareHash(3, 11)).rejects.toThrow('another key, key_made');
      const keys = [keyOf({ id: 'new', hash: hashOf(3).toString('hex') })];
      await expect(declare(store, { owners: [acme], keys }, 12)).rejects.toThrow(
        'a secret that was replaced, of key_made',
      );
    });

    test('is revoked when it is declared no longer, and its owner, other keys and the admin key stay', async ({
      store,
    }) => {
      await store.insertKey(apiKey({ id: 'key_a', role: 'admin', declaredAs: adminKeyMark }), hashOf(1));
      await store.insertKey(apiKey({ id: 'key_b' }), hashOf(2));
      await declare(store, all, 1);
      await declare(store, { owners: [], keys: [] }, 9);
      const keys = await store.listKeys();
      expect(keys.filter(({ revokedAt }) => revokedAt !== null)).toMatchObject([{ declaredAs: 'shop' }]);
      expect(await store.findOwner('own_acme')).toMatchObject({ deletedAt: null });
      expect(await store.readDeclarations()).toEqual([]);
      const revoked = keys.find(({ revokedAt }) => revokedAt !== null);
      expect(await declare(store, all, 10)).toEqual([{ id: 'shop', keyId: revoked?.id }]);
    });

    test('that an act revoked stays so at each start, which says it, until it has another secret', async ({
      store,
    }) => {
      expect(await declare(store, all, 1)).toEqual([]);
      const keyId = (await store.findKeyByHash(hashOf(7)))?.id ?? '';
      await store.revokeKey(keyId, 5);
      for (const now of [6, 7]) {
        await checkDeclared(store, all);
        expect(await declare(store, all, now)).toEqual([{ id: 'shop', keyId }]);
        expect(await store.listKeys()).toMatchObject([{ id: keyId, revokedAt: 5 }]);
      }
      const anew = { owners: [acme], keys: [keyOf({ hash: hashOf(8).toString('hex') })] };
      expect(await declare(store, anew, 8)).toEqual([]);
      expect(await store.findKeyByHash(hashOf(8))).toMatchObject({ declaredAs: 'shop', revokedAt: null });
      await expect(declare(store, all, 9)).rejects.toThrow('a key that was revoked');
      await store.insertKey(apiKey({ id: 'key_made', revokedAt: 9 }), hashOf(9));
      const other = { owners: [acme], keys: [keyOf({ id: 'other', hash: hashOf(9).toString('hex') })] };
      await expect(declare(store, other, 10)).rejects.toThrow('a key that was revoked');
    });

    test('takes over a key that was made otherwise and has its secret, and refuses that of another', async ({
      store,
    }) => {
      await store.insertKey(apiKey({ id: 'key_made' }), hashOf(7));
      await declare(store, all, 1);
      expect((await store.listKeys()).map(({ id, declaredAs }) => [id, declaredAs])).toEqual([
        ['key_made', 'shop'],
      ]);
      await store.insertKey(apiKey({ id: 'key_other' }), hashOf(9));
      const keys = [keyOf({ hash: hashOf(9).toString('hex') })];
      await expect(declare(store, { owners: [acme], keys }, 2)).rejects.toThrow('another key, key_other');
    });
  });
}
