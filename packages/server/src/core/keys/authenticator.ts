// Authentication: finds the caller of a presented secret. A bounded cache is keyed by the secret itself, because hashing it for each
// request took a tenth of a status query. The whole cache is dropped after a second, so no secret stays in memory for longer. While the
// store's database is away, keys that were seen of late are known by their hashes (`seen-keys.ts`).

import type { Clock } from '../../lib/clock.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import { TextMap } from '../../lib/text-map.ts';
import { createSubjectLimits, noDefaults, type SubjectLimits } from '../limits/subjects.ts';
import type { FoundKey, KeyStore } from './key-store.ts';
import { type Caller, hashSecret, isUsable, ownerIdOf } from './keys.ts';
import { createSeenKeys } from './seen-keys.ts';

/** Finds the caller of a presented secret; `null` for one that is unknown, revoked or expired. */
export interface Authenticator {
  /** Finds the caller without waiting; `undefined` where the key must be read from the store first. */
  peek(secret: string): Caller | null | undefined;
  find(secret: string): Promise<Caller | null>;
}

/** Cached caller. */
interface Believed {
  caller: Caller;
  expiresAt: number | null;
}

/** Lifetime of the cache. A key that another process revokes is refused within this time. */
const believedMs = 1_000;
const maxCached = 10_000;

interface AuthenticatorOptions {
  /** Runs a function once, after that many milliseconds. */
  later?: (run: () => void, ms: number) => void;
  /** Limits that hold for keys; default: those that are set for them. */
  limits?: SubjectLimits;
}

export function createAuthenticator(
  store: Pick<KeyStore, 'findKeyByHash' | 'findKeyNow' | 'endedSecrets'>,
  clock: Clock,
  {
    later = (run, ms) => void setTimeout(run, ms).unref(),
    limits = createSubjectLimits(noDefaults),
  }: AuthenticatorOptions = {},
): Authenticator {
  const cache = createCallerCache(clock);
  const reads = createReadsInFlight<FoundKey | null>();
  // A store within the process is never away.
  const { findKeyByHash } = store.findKeyNow === undefined ? createSeenKeys(store, clock, later) : store;

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

  const callerOf = (key: FoundKey | null) =>
    key !== null && isUsable(key, clock.now()) ? toCaller(key, limits) : null;
  const believe = (secret: string, key: FoundKey | null) =>
    cache.keep(secret, callerOf(key), key?.expiresAt ?? null);

  return {
    peek(secret) {
      const known = cache.get(secret);
      if (known !== undefined) return known;
      planEnd();
      const key = store.findKeyNow?.(hashSecret(secret));
      if (key === undefined) return undefined;
      believe(secret, key);
      return callerOf(key);
    },
    async find(secret) {
      const known = cache.get(secret);
      if (known !== undefined) return known;
      planEnd();
      const load = () => findKeyByHash(hashSecret(secret));
      return callerOf(await reads.read(secret, load, (key) => believe(secret, key)));
    },
  };
}

/** Callers by their secrets. Unknown secrets are never cached, so they can't push known ones out. */
function createCallerCache(clock: Clock) {
  const cache = new TextMap<Believed>();
  return {
    get(secret: string): Caller | null | undefined {
      const known = cache.get(secret);
      if (known === undefined) return undefined;
      return known.expiresAt !== null && clock.now() >= known.expiresAt ? null : known.caller;
    },
    keep(secret: string, caller: Caller | null, expiresAt: number | null): void {
      if (caller !== null && cache.size < maxCached) cache.set(secret, { caller, expiresAt });
    },
    clear: () => cache.clear(),
  };
}

function toCaller(key: FoundKey, limits: SubjectLimits): Caller {
  const { id: keyId, role, scopes, models, networks, priorityMax, limitsOfKey, limitsOfOwner } = key;
  const ownerId = ownerIdOf(key);
  const limited = limits.of({ keyId, ownerId }, (id) => {
    const set = id === keyId ? limitsOfKey : limitsOfOwner;
    return set && { limits: set, budget: null };
  });
  return { keyId, ownerId, role, scopes, models, networks, priorityMax, limited };
}
