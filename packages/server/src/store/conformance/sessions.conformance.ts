// Sessions of people and the links by which they sign in.

import { describe, expect } from 'vitest';
import { newKey } from '../../core/keys/keys.ts';
import type { Session } from '../../core/sessions/session-store.ts';
import { beginSession, hashOfSecret, makeSignInLink } from '../../core/sessions/sessions.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import { type OpenStore, start, storeTest } from './store.fixture.ts';
import type { Store } from '../store.ts';

const now = start;

async function makeKey(store: Store, name = 'a “person” \ud800'): Promise<string> {
  const key = newKey({ name, role: 'user', now });
  await store.insertKey(key, Buffer.from(hashOfSecret(name), 'hex'));
  return key.id;
}

const begin = (store: Store, keyId: string, at = now) =>
  beginSession(store, { keyId, by: 'key', agent: 'Browser/1 “ü”', now: at });

async function ids(store: Store, keyId: string, at = now): Promise<string[]> {
  return (await store.listSessions(keyId, at)).map(({ id }) => id);
}

export function testSessions(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`sessions on ${name}`, () => {
    test('a session is found by the hash of its secret, with its key', async ({ store }) => {
      const keyId = await makeKey(store);
      const { session, secret } = await begin(store, keyId);
      const found = await store.findSession(hashOfSecret(secret));
      expect(found?.session).toEqual(session);
      expect(found?.key).toEqual(await store.findKey(keyId));
      expect(await store.listSessions(keyId, now)).toEqual([session]);
      expect(await store.findSession(hashOfSecret('another'))).toBeNull();
    });

    test('a roll of the key ends its sessions and links but for the session that asks, which is found', async ({
      store,
    }) => {
      const [keyId, other] = [await makeKey(store, 'a'), await makeKey(store, 'b')];
      const kept = await begin(store, keyId);
      for (const each of [keyId, other]) await begin(store, each, now + 1);
      const links = await Promise.all(
        [keyId, other].map((each) => makeSignInLink(store, { keyId: each, now })),
      );
      const rolled = { hash: Buffer.alloc(32, 7), hint: '', previousUntil: now + 60_000 };
      await store.rollKey(keyId, { ...rolled, keptSession: kept.session.id });
      expect(await ids(store, keyId)).toEqual([kept.session.id]);
      expect(await ids(store, other)).toHaveLength(1);
      const taken = await Promise.all(links.map((link) => store.takeSignInLink(hashOfSecret(link), now)));
      expect(taken).toEqual([null, other]);
      const found = await store.findSession(hashOfSecret(kept.secret));
      expect([found?.key.expiresAt, found?.key.isReplaced]).toEqual([null, undefined]);
      await store.rollKey(keyId, { ...rolled, hash: Buffer.alloc(32, 8) });
      expect(await ids(store, keyId)).toEqual([]);
    });

    test('a session tells that its key was revoked', async ({ store }) => {
      const keyId = await makeKey(store);
      const { secret } = await begin(store, keyId);
      await store.revokeKey(keyId, now + 1);
      expect((await store.findSession(hashOfSecret(secret)))?.key.revokedAt).toBe(now + 1);
    });

    test('a use moves the end on, and an earlier one changes nothing', async ({ store }) => {
      const keyId = await makeKey(store);
      const { session, secret } = await begin(store, keyId);
      const later = { usedAt: now + 60_000, endsAt: session.endsAt + 60_000 };
      await store.noteSessionUse(session.id, later);
      await store.noteSessionUse(session.id, { usedAt: now + 1, endsAt: now + 2 });
      expect((await store.findSession(hashOfSecret(secret)))?.session).toEqual({ ...session, ...later });
    });

    test('a key has so many sessions, of which the oldest go', async ({ store }) => {
      const keyId = await makeKey(store);
      const made: Session[] = [];
      for (let at = 0; at < 22; at += 1) made.push((await begin(store, keyId, now + at)).session);
      const latest = made.toReversed().slice(0, 20);
      expect(await ids(store, keyId)).toEqual(latest.map(({ id }) => id));
    });

    test('a session is deleted by its key alone, one by one or all at once', async ({ store }) => {
      const [keyId, other] = [await makeKey(store, 'a'), await makeKey(store, 'b')];
      const { session } = await begin(store, keyId);
      await begin(store, keyId, now + 1);
      await begin(store, other);
      expect(await store.deleteSession(session.id, other)).toBe(false);
      expect(await store.deleteSession(session.id, keyId)).toBe(true);
      expect(await store.deleteSession(session.id, keyId)).toBe(false);
      const link = await makeSignInLink(store, { keyId, now });
      expect(await store.deleteSessionsOfKey(keyId)).toBe(1);
      expect(await store.takeSignInLink(hashOfSecret(link), now)).toBeNull();
      expect(await ids(store, keyId)).toEqual([]);
      expect(await ids(store, other)).toHaveLength(1);
    });

    test('a session that has ended is in no list, and goes with old links', async ({ store }) => {
      const keyId = await makeKey(store);
      const { session, secret } = await begin(store, keyId);
      await begin(store, keyId, now + 1);
      await makeSignInLink(store, { keyId, now });
      expect(await ids(store, keyId, session.endsAt)).toHaveLength(1);
      expect(await store.deleteEndedSessions(session.endsAt)).toBe(2);
      expect(await store.findSession(hashOfSecret(secret))).toBeNull();
    });

    test('the audit log tells of a link and of who signed in, without a secret', async ({ store }) => {
      const keyId = await makeKey(store, 'Anna');
      const rest = { whoName: null, address: null, requestId: null };
      const link = await makeSignInLink(
        store,
        { keyId, now },
        { act: 'key.link', who: 'cli', at: now, ...rest },
      );
      const { session, secret } = await beginSession(
        store,
        { keyId, by: 'link', agent: 'Browser/1', now },
        { ...rest, act: 'key.sign_in', who: keyId, address: '192.0.2.1', at: now + 1 },
      );
      const log = await store.listAudit({ limit: 9 });
      expect(log).toMatchObject([
        {
          act: 'key.sign_in',
          who: keyId,
          whoName: 'Anna',
          subject: keyId,
          address: '192.0.2.1',
          before: null,
          after: { session_id: session.id, signed_in_by: 'link' },
        },
        {
          act: 'key.link',
          who: 'cli',
          subject: keyId,
          before: null,
          after: { expires_at: secondsText(now + 600_000) },
        },
      ]);
      for (const each of [link, secret])
        for (const hidden of [each, hashOfSecret(each)]) expect(JSON.stringify(log)).not.toContain(hidden);
    });

    test('a link gives its key once, and none when it has expired', async ({ store }) => {
      const keyId = await makeKey(store);
      const link = await makeSignInLink(store, { keyId, now });
      const taken = await Promise.all([1, 2].map(() => store.takeSignInLink(hashOfSecret(link), now)));
      expect(taken.filter((each) => each !== null)).toEqual([keyId]);
      const late = await makeSignInLink(store, { keyId, now });
      expect(await store.takeSignInLink(hashOfSecret(late), now + 600_000)).toBeNull();
      expect(await store.takeSignInLink(hashOfSecret(late), now)).toBeNull();
    });
  });
}
