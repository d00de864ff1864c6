// Authentication: finds the caller of a presented secret. A bounded cache is keyed by the secret itself, because hashing it for each
// request took a tenth of a status query. The whole cache is dropped after a second, so no secret stays in memory for longer. While the
// store's database is away, keys that were seen of late are known by their hashes (`seen-keys.ts`). Secrets that can't be used are remembered
// apart, by their hashes and for as long, so that one which is sent again and again costs no read.

import type { Clock } from '../../lib/clock.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import { TextMap } from '../../lib/text-map.ts';
import { createSubjectLimits, noDefaults, type SubjectLimits } from '../limits/subjects.ts';
import { forgetInTime, type Later, systemLater } from './forget-in-time.ts';
import type { FoundKey, KeyStore } from './key-store.ts';
import { type Caller, hashSecret, isUsable, ownerIdOf } from './keys.ts';
import { createSeenKeys } from './seen-keys.ts';

/** Finds the caller of a presented secret; `null` for one that is unknown, revoked or expired. */
export interface Authenticator {
  /** Finds the caller without waiting; `undefined` where the key must be read from the store first. */
  peek(secret: string): Caller | null | undefined;
  find(secret: string): Promise<Caller | null>;
  /** Forgets all callers, so that each is read anew. */
  forget(): void;
}

/** Cached caller. */
interface Believed {
  caller: Caller;
  expiresAt: number | null;
}

const maxCached = 10_000;
const maxRefused = 10_000;

interface AuthenticatorOptions {
  /** Runs a function once, after that many milliseconds. */
  later?: Later;
  /** Limits that hold for keys; default: those that are set for them. */
  limits?: SubjectLimits;
  /** Told of a key that is used, once in a second at the most. */
  onUse?: (keyId: string) => void;
}

const defaults: Required<AuthenticatorOptions> = {
  later: systemLater,
  limits: createSubjectLimits(noDefaults),
  onUse: () => {},
};

export function createAuthenticator(
  store: Pick<KeyStore, 'findKeyByHash' | 'findKeyNow' | 'endedSecrets'>,
  clock: Clock,
  options: AuthenticatorOptions = {},
): Authenticator {
  const { later, limits, onUse } = { ...defaults, ...options };
  const cache = createCallerCache(clock);
  const reads = createReadsInFlight<FoundKey | null>();
  // A store within the process is never away.
  const { findKeyByHash } = store.findKeyNow === undefined ? createSeenKeys(store, clock, later) : store;

  function forget(): void {
    cache.clear();
    reads.dropAll();
  }
  const planEnd = forgetInTime(later, forget);

  const callerOf = (key: FoundKey | null) =>
    key !== null && isUsable(key, clock.now()) ? toCaller(key, limits) : null;
  function note(secret: string, hash: Uint8Array, key: FoundKey | null): void {
    const caller = callerOf(key);
    if (caller !== null) onUse(caller.keyId);
    cache.keep(secret, hash, caller, key?.expiresAt ?? null);
  }

  return {
    forget,
    peek(secret) {
      const known = cache.get(secret);
      if (known !== undefined) return known;
      if (store.findKeyNow === undefined) return undefined;
      const hash = hashSecret(secret);
      if (cache.isRefused(hash)) return null;
      planEnd();
      const key = store.findKeyNow(hash);
      note(secret, hash, key);
      return callerOf(key);
    },
    async find(secret) {
      const known = cache.get(secret);
      if (known !== undefined) return known;
      const hash = hashSecret(secret);
      if (cache.isRefused(hash)) return null;
      planEnd();
      const load = () => findKeyByHash(hash);
      return callerOf(await reads.read(secret, load, (key) => note(secret, hash, key)));
    },
  };
}

/** Callers by their secrets. Unknown secrets are never cached, so they can't push known ones out. */
function createCallerCache(clock: Clock) {
  const cache = new TextMap<Believed>();
  const refused = createRefused();
  return {
    get(secret: string): Caller | null | undefined {
      const known = cache.get(secret);
      if (known === undefined) return undefined;
      return known.expiresAt !== null && clock.now() >= known.expiresAt ? null : known.caller;
    },
    isRefused: refused.has,
    keep(secret: string, hash: Uint8Array, caller: Caller | null, expiresAt: number | null): void {
      if (caller === null) refused.add(hash);
      else if (cache.size < maxCached) cache.set(secret, { caller, expiresAt });
    },
    clear() {
      cache.clear();
      refused.clear();
    },
  };
}

/** Hashes of secrets that can't be used, the latest. */
function createRefused() {
  const names = new Set<string>();
  const nameOf = (hash: Uint8Array) => Buffer.from(hash).toString('base64url');
  return {
    has: (hash: Uint8Array) => names.has(nameOf(hash)),
    add(hash: Uint8Array): void {
      if (names.size >= maxRefused) names.delete(names.keys().next().value ?? '');
      names.add(nameOf(hash));
    },
    clear: () => names.clear(),
  };
}

/** Caller that a key is, with the limits that hold for it. */
export function toCaller(key: FoundKey, limits: SubjectLimits): Caller {
  const { id: keyId, role, scopes, models, networks, priorityMax, limitsOfKey, limitsOfOwner } = key;
  const ownerId = ownerIdOf(key);
  const limited = limits.of({ keyId, ownerId }, (id) => {
    const set = id === keyId ? limitsOfKey : limitsOfOwner;
    return set && { limits: set, budget: null };
  });
  const sharesTasks = key.sharesTasks === true;
  return { keyId, ownerId, role, scopes, models, networks, priorityMax, sharesTasks, limited };
}
