import { expect, test } from 'vitest';
import { newKey } from '../keys/keys.ts';
import { createSubjectLimits, noDefaults } from '../limits/subjects.ts';
import { createSessionAuthenticator } from './session-authenticator.ts';
import type { FoundSession } from './session-store.ts';
import { endOfSession } from './sessions.ts';

const hour = 3_600_000;

/** An authenticator over one session, with a clock and a timer of the test. */
function open() {
  let now = 0;
  let runLater = () => {};
  const key = newKey({ name: 'a', role: 'user', now });
  const session = { id: 'session_a', keyId: key.id, by: 'key', agent: '', createdAt: 0, usedAt: 0 } as const;
  let stored: FoundSession | null = { key, session: { ...session, endsAt: endOfSession(0, 0) } };
  let reads = 0;
  const uses: number[] = [];
  const authenticator = createSessionAuthenticator({
    store: {
      async findSession() {
        reads += 1;
        return stored && { key: stored.key, session: { ...stored.session } };
      },
      async noteSessionUse(_id, use) {
        uses.push(use.usedAt);
        if (stored !== null) stored = { ...stored, session: { ...stored.session, ...use } };
      },
    },
    clock: { now: () => now },
    limits: createSubjectLimits(noDefaults),
    later: (run) => (runLater = run),
  });
  return {
    uses,
    reads: () => reads,
    change: (next: FoundSession | null) => (stored = next),
    stored: () => stored,
    nextSecond: () => runLater(),
    async isSignedIn(at: number) {
      now = at;
      runLater();
      return (await authenticator.find('secret')) !== null;
    },
    find: () => authenticator.find('secret'),
    forget: authenticator.forget,
  };
}

test('a session ends after 12 hours without a use, and after 7 days with any', async () => {
  const idle = open();
  expect(await idle.isSignedIn(12 * hour - 1)).toBe(true);
  expect(await idle.isSignedIn(24 * hour - 2)).toBe(true);
  expect(await idle.isSignedIn(36 * hour)).toBe(false);
  const used = open();
  for (let at = 0; at < 168 * hour; at += 11 * hour) expect(await used.isSignedIn(at)).toBe(true);
  expect(await used.isSignedIn(168 * hour - 1)).toBe(true);
  expect(await used.isSignedIn(168 * hour)).toBe(false);
});

test('a use is stored once a minute at the most', async () => {
  const session = open();
  for (const at of [0, 59_999, 60_000, 60_001, 119_999, 120_000]) await session.isSignedIn(at);
  expect(session.uses).toEqual([60_000, 120_000]);
});

test('a session is read once in a second, and one that has ended is refused after that, or at once where that is known', async () => {
  const session = open();
  expect((await session.find())?.sessionId).toBe('session_a');
  const found = session.stored();
  session.change(null);
  expect(await session.find()).not.toBeNull();
  expect(session.reads()).toBe(1);
  session.nextSecond();
  expect(await session.find()).toBeNull();
  session.change(found);
  session.forget();
  expect(await session.find()).not.toBeNull();
});

test('a session ends with its key', async () => {
  const session = open();
  const { key, session: own } = session.stored()!;
  session.change({ session: own, key: { ...key, revokedAt: 1 } });
  expect(await session.find()).toBeNull();
  session.change({ session: own, key: { ...key, expiresAt: hour } });
  expect(await session.isSignedIn(hour - 1)).toBe(true);
  expect(await session.isSignedIn(hour)).toBe(false);
});
