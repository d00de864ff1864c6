// The audit log.

import { describe, expect } from 'vitest';
import type { AuditedAct, AuditEntry } from '../../core/audit/audit.ts';
import { apiKey } from '../../core/keys/api-key.fixture.ts';
import { owner } from '../../core/owners/owner.fixture.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import { type OpenStore, start, storeTest } from './store.fixture.ts';

const act = (change: Partial<AuditedAct> = {}): AuditedAct => ({
  act: 'key.create',
  who: 'key_admin',
  whoName: null,
  address: '203.0.113.9',
  requestId: 'req_1',
  at: start,
  ...change,
});
const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  ...act({ act: 'upstream.resume' }),
  subject: 'gemini',
  before: null,
  after: null,
  ...change,
});
const hash = (byte: number) => Buffer.alloc(32, byte);

export function testAudit(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`the audit log on ${name}`, () => {
    test('has an entry of each change of a key, with what changed and the name of who did it', async ({
      store,
    }) => {
      const admin = apiKey({ id: 'key_admin', name: 'Ann \0', role: 'admin' });
      await store.insertKey(admin, hash(1), act({ who: 'cli', whoName: 'root\0', address: null }));
      await store.insertKey(apiKey({ id: 'key_1', name: 'a' }), hash(2), act({ at: start + 1 }));
      const change = act({ act: 'key.change', at: start + 2 });
      await store.changeKey('key_1', { name: 'b', expiresAt: 9_000 }, start + 2, change);
      await store.revokeKey('key_1', start + 3, act({ act: 'key.revoke', at: start + 3 }));
      const log = await store.listAudit({ limit: 9 });
      expect(log).toMatchObject([
        { ...act({ act: 'key.revoke', at: start + 3 }), whoName: 'Ann \0', subject: 'key_1' },
        {
          act: 'key.change',
          before: { name: 'a', expires_at: null },
          after: { name: 'b', expires_at: '9' },
        },
        { act: 'key.create', subject: 'key_1', before: null, after: { name: 'a', role: 'user' } },
        { who: 'cli', whoName: 'root\0', subject: 'key_admin', address: null, requestId: 'req_1' },
      ]);
      expect(log[0]).toMatchObject({
        before: { revoked_at: null },
        after: { revoked_at: String(start / 1000) },
      });
      expect(JSON.stringify(log)).not.toContain(hash(1).toString('hex'));
    });

    test('has an entry of each change of an owner, of limits, and of a roll', async ({ store }) => {
      const made = owner({ id: 'own_1', name: 'Acme' });
      await store.insertOwner(made, act({ act: 'owner.create', at: start }));
      await store.changeOwner('own_1', { weight: 2 }, act({ act: 'owner.change', at: start + 1 }));
      const limited = { limits: { running: 3 } };
      await store.changeOwner('own_1', { limited }, act({ act: 'owner.change', at: start + 2 }));
      await store.insertKey(apiKey({ id: 'key_1' }), hash(1));
      const secret = { hash: hash(2), hint: 'pl_2', previousUntil: 9_000 };
      await store.rollKey('key_1', secret, act({ act: 'key.roll', at: start + 3 }));
      await store.deleteOwner('own_1', start + 4, act({ act: 'owner.delete', at: start + 4 }));
      expect(await store.changeOwner('own_1', {}, act({ act: 'owner.change', at: start + 5 }))).toBe(false);
      expect(await store.listAudit({ limit: 9 })).toMatchObject([
        { act: 'owner.delete', subject: 'own_1', before: { name: 'Acme', weight: 2 }, after: null },
        { act: 'key.roll', subject: 'key_1', after: { previous_secret_expires_at: '9' } },
        { before: { limits: {} }, after: { limits: { running: 3 } } },
        { act: 'owner.change', before: { weight: 1 }, after: { weight: 2 } },
        { act: 'owner.create', before: null, after: { name: 'Acme', weight: 1, shared: false } },
      ]);
    });

    test('has one entry of an act on a key or an owner and on what is set for it, with all of it', async ({
      store,
    }) => {
      const limited = { limits: { running: 3 } };
      await store.insertOwner(owner({ id: 'own_1', name: 'a' }), act({ act: 'owner.create' }), limited);
      const ofOwner = act({ act: 'owner.change', at: start + 1 });
      const changed = { limits: { running: null, waiting: 2 } };
      await store.changeOwner('own_1', { name: 'b', limited: changed }, ofOwner);
      await store.insertKey(apiKey({ id: 'key_1' }), hash(1), act({ at: start + 2 }), limited);
      const ofKey = act({ act: 'key.change', at: start + 3 });
      for (let time = 0; time < 2; time += 1)
        await store.changeKey('key_1', { name: 'b', limited: changed }, start, ofKey);
      await store.changeOwner('own_1', { name: 'b' }, ofOwner);
      expect(await store.listAudit({ limit: 9 })).toMatchObject([
        { before: { limits: { running: 3 } }, after: { name: 'b', limits: { waiting: 2 } } },
        { act: 'key.create', after: { owner_id: null, limits: { running: 3 }, budget: null } },
        { before: { name: 'a', limits: { running: 3 } }, after: { name: 'b', limits: { waiting: 2 } } },
        { act: 'owner.create', after: { name: 'a', limits: { running: 3 }, budget: null } },
      ]);
      expect((await store.readLimited(['key_1', 'own_1'])).size).toBe(2);
    });

    test('has an entry of each key that is revoked with its owner', async ({ store }) => {
      await store.insertOwner(owner({ id: 'own_1', name: 'Acme' }));
      for (const [index, id] of ['key_1', 'key_2', 'key_3', 'key_4'].entries())
        await store.insertKey(
          apiKey({
            id,
            name: id,
            ownerId: id === 'key_4' ? null : 'own_1',
            revokedAt: id === 'key_2' ? 5 : null,
          }),
          hash(index),
        );
      const deleted = act({ act: 'owner.delete', at: start + 1 });
      expect(await store.deleteOwner('own_1', start + 1, deleted)).toBe('deleted');
      expect(await store.deleteOwner('own_1', start + 2, deleted)).toBe('unknown');
      const [first, ...keys] = await store.listAudit({ limit: 9 });
      expect(first).toMatchObject({ ...deleted, subject: 'own_1' });
      const entryOf = (id: string) => ({
        ...deleted,
        act: 'key.revoke',
        subject: id,
        before: { name: id, revoked_at: null },
        after: { name: '', revoked_at: secondsText(start + 1) },
      });
      expect(keys.toSorted((a, b) => ((a.subject ?? '') < (b.subject ?? '') ? -1 : 1))).toMatchObject([
        entryOf('key_1'),
        entryOf('key_3'),
      ]);
    });

    test('has no entry of what was refused or changed nothing', async ({ store }) => {
      await store.insertKey(apiKey({ id: 'key_1', role: 'admin' }), hash(1));
      expect(await store.insertKey(apiKey({ id: 'key_2' }), hash(1), act())).toBe(false);
      expect(await store.insertFirstKey(apiKey({ id: 'key_2' }), hash(2), act())).toBe(false);
      expect(await store.revokeKey('key_9', start, act())).toBe(false);
      expect(await store.changeKey('key_1', { revokedAt: start }, start, act())).toBe('last_admin');
      expect(await store.changeKey('key_9', { name: 'x' }, start, act())).toBe('unknown');
      expect(await store.listAudit({ limit: 9 })).toEqual([]);
    });

    test('is listed newest first, by page and by what is asked for', async ({ store }) => {
      const entries = [
        entry({ subject: 'a' }),
        entry({ subject: 'b' }),
        entry({ subject: 'c \0', at: start + 10, who: 'cli', whoName: 'root' }),
        entry({ subject: null, at: start + 20, act: 'tasks.list', after: { owner: '\0 own_1' } }),
      ];
      for (const each of entries) await store.appendAudit(each);
      const list = async (query: object) =>
        (await store.listAudit({ limit: 9, ...query })).map(({ subject }) => subject);
      expect(await list({})).toEqual([null, 'c \0', 'b', 'a']);
      const [last, third] = await store.listAudit({ limit: 2 });
      expect(last?.after).toEqual({ owner: '\0 own_1' });
      expect(third).toMatchObject(entries[2] ?? {});
      const before = { at: start + 10, number: third?.number ?? 0 };
      expect(await list({ before, limit: 1 })).toEqual(['b']);
      expect(await list({ before })).toEqual(['b', 'a']);
      expect(await list({ act: 'tasks.list' })).toEqual([null]);
      expect(await list({ who: 'cli' })).toEqual(['c \0']);
      expect(await list({ subject: 'c \0' })).toEqual(['c \0']);
      expect(await list({ subject: '\0' })).toEqual([]);
      expect(await list({ from: start + 10, to: start + 20 })).toEqual(['c \0']);
      expect(await list({ who: 'key_admin', act: 'upstream.resume', to: start + 1, before })).toEqual([
        'b',
        'a',
      ]);
    });

    test('loses its oldest entries in steps, when they have had their time', async ({ store }) => {
      for (const at of [3, 1, 2, 4]) await store.appendAudit(entry({ at: start + at, subject: String(at) }));
      expect(await store.deleteOldAudit(start + 3, 2)).toBe(2);
      expect((await store.listAudit({ limit: 9 })).map(({ subject }) => subject)).toEqual(['4', '3']);
      expect(await store.deleteOldAudit(start + 3, 2)).toBe(1);
      expect(await store.deleteOldAudit(start + 3, 2)).toBe(0);
    });
  });
}
