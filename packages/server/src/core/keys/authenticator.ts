// Callers by the secrets that they present. Keys are looked up through a bounded cache, which knows them by the secret and not by its hash, because hashing
// again for every query cost a tenth of the status call; so it forgets them all after a second, and the secrets with them.

import type { Clock } from '../../lib/clock.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import type { ApiKey, KeyStore } from './key-store.ts';
import { type Caller, hashSecret, isUsable } from './keys.ts';

/** Finds the caller of a presented secret; `null` for one that is unknown, revoked or expired. */
export interface Authenticator {
  /** Caller without waiting: `undefined` where the key has to be read. */
  peek(secret: string): Caller | null | undefined;
  find(secret: string): Promise<Caller | null>;
}

interface Believed {
  caller: Caller;
  expiresAt: number | null;
}

/** How long found keys are believed before they are read again: a key revoked by another process stops within this time. */
const believedMs = 1_000;
const maxCached = 10_000;

/** `later` runs its argument once, after that many milliseconds. */
export function createAuthenticator(
  store: Pick<KeyStore, 'findKeyByHash' | 'findKeyNow'>,
  clock: Clock,
  later: (run: () => void, ms: number) => void = (run, ms) => void setTimeout(run, ms).unref(),
): Authenticator {
  // Unknown secrets are never cached, so they can't push known ones out.
  const cache = new Map<string, Believed>();
  const reads = createReadsInFlight<ApiKey | null>();

  let isEndPlanned = false;

  /** From when a read begins, and not from when it ends: what it gives may be as old as that. */
  function planEnd(): void {
    if (isEndPlanned) return;
    isEndPlanned = true;
    later(forgetAll, believedMs);
  }

  function forgetAll(): void {
    isEndPlanned = false;
    cache.clear();
    reads.dropAll();
  }

  function believe(secret: string, key: ApiKey | null): void {
    if (key === null || !isUsable(key, clock.now())) return;
    if (cache.size < maxCached) cache.set(secret, { caller: callerOf(key), expiresAt: key.expiresAt });
  }

  function cached(secret: string): Caller | null | undefined {
    const known = cache.get(secret);
    if (known === undefined) return undefined;
    return known.expiresAt !== null && clock.now() >= known.expiresAt ? null : known.caller;
  }

  const usable = (key: ApiKey | null) => (key !== null && isUsable(key, clock.now()) ? callerOf(key) : null);

  return {
    peek(secret) {
      const known = cached(secret);
      if (known !== undefined) return known;
      planEnd();
      const key = store.findKeyNow?.(hashSecret(secret));
      if (key === undefined) return undefined;
      believe(secret, key);
      return usable(key);
    },
    async find(secret) {
      const known = cached(secret);
      if (known !== undefined) return known;
      planEnd();
      const load = () => store.findKeyByHash(hashSecret(secret));
      return usable(await reads.read(secret, load, (key) => believe(secret, key)));
    },
  };
}

function callerOf({ id, role }: ApiKey): Caller {
  return { keyId: id, role };
}
