// Finds the caller of a session's secret. Like keys, sessions are believed for a second: one that another process has ended, or whose key was
// revoked there, is refused within this time.

import type { Clock } from '../../lib/clock.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import { toCaller } from '../keys/authenticator.ts';
import { forgetInTime, type Later, systemLater } from '../keys/forget-in-time.ts';
import { type Caller, isUsable } from '../keys/keys.ts';
import type { SubjectLimits } from '../limits/subjects.ts';
import type { FoundSession, SessionStore } from './session-store.ts';
import { endOfSession, hashOfSecret, useStoredMs } from './sessions.ts';

export interface SessionAuthenticator {
  /** Finds the caller of a secret, with the session; `null` where it has ended, or its key has. */
  find(secret: string): Promise<Caller | null>;
  /** Forgets all sessions, so that each is read anew. */
  forget(): void;
}

const maxCached = 10_000;

interface SessionAuthenticatorParts {
  store: Pick<SessionStore, 'findSession' | 'noteSessionUse'>;
  clock: Clock;
  limits: SubjectLimits;
  /** Told of a key whose session is used. */
  onUse?: ((keyId: string) => void) | undefined;
  /** Runs a function once, after that many milliseconds. */
  later?: Later;
}

export function createSessionAuthenticator({
  store,
  clock,
  limits,
  onUse = () => {},
  later = systemLater,
}: SessionAuthenticatorParts): SessionAuthenticator {
  const cache = new Map<string, FoundSession | null>();
  const reads = createReadsInFlight<FoundSession | null>();

  function forget(): void {
    cache.clear();
    reads.dropAll();
  }

  const planEnd = forgetInTime(later, forget);

  async function read(hash: string): Promise<FoundSession | null> {
    const known = cache.get(hash);
    if (known !== undefined) return known;
    planEnd();
    const load = () => store.findSession(hash);
    return await reads.read(hash, load, (found) => {
      if (cache.size >= maxCached) cache.clear();
      cache.set(hash, found);
    });
  }

  function noteUse({ session }: FoundSession, now: number): void {
    if (now - session.usedAt < useStoredMs) return;
    session.usedAt = now;
    session.endsAt = endOfSession(session.createdAt, now);
    // While the database is away the use is lost, and a later one is stored.
    store.noteSessionUse(session.id, { usedAt: now, endsAt: session.endsAt }).catch(() => {});
  }

  return {
    forget,
    async find(secret) {
      const found = await read(hashOfSecret(secret));
      const now = clock.now();
      if (found === null || now >= found.session.endsAt || !isUsable(found.key, now)) return null;
      noteUse(found, now);
      onUse(found.key.id);
      return { ...toCaller(found.key, limits), sessionId: found.session.id };
    },
  };
}
