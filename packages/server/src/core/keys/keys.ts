// API keys: 256 random bits behind a prefix that secret scanners recognise. Only the SHA-256 is stored, which is
// enough because the secret is random: there is nothing to guess from.

import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { ApiKey, KeyRole, KeyStore } from './key-store.ts';

const keyPrefix = 'plantain_';

export function newSecret(): string {
  return keyPrefix + randomBytes(32).toString('base64url');
}

export function hashSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}

/** The longest name of a key. */
export const maxKeyNameLength = 100;

/** Whether the key opens anything at that time. */
export function isUsable({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt);
}

/** Stores a key for `secret` and returns its record. */
export async function storeKey(
  store: Pick<KeyStore, 'insertKey'>,
  options: { secret: string; name: string; role: KeyRole; now: number; expiresAt?: number | null },
): Promise<ApiKey> {
  const key: ApiKey = {
    id: `key_${randomBytes(9).toString('base64url')}`,
    name: options.name,
    role: options.role,
    hint: hintOf(options.secret),
    createdAt: options.now,
    expiresAt: options.expiresAt ?? null,
    revokedAt: null,
  };
  await store.insertKey(key, hashSecret(options.secret));
  return key;
}

/** Four characters of a random secret give nothing away; of one that a person chose they would, so it shows none. */
function hintOf(secret: string): string {
  return secret.startsWith(keyPrefix) ? secret.slice(0, keyPrefix.length + 4) : '';
}

/** Who a request comes from. */
export interface Caller {
  keyId: string;
  role: KeyRole;
}

/** Finds the caller of a presented secret; `null` for one that is unknown, revoked or expired. */
export type Authenticate = (secret: string) => Caller | null;

/** How long found keys are believed before they are read again: a key revoked by another process stops within this time. */
const believedMs = 1_000;
const maxCached = 10_000;

/**
 * Looks keys up through a bounded cache. It knows them by the secret and not by its hash, because hashing again for every
 * query cost a tenth of the status call; so it forgets them all after a second, and the secrets with them. Unknown secrets
 * are never cached, so they can't push known ones out. `later` runs its argument once, after that many milliseconds.
 */
export function createAuthenticator(
  store: Pick<KeyStore, 'findKeyByHash'>,
  clock: Clock,
  later: (run: () => void, ms: number) => void = (run, ms) => void setTimeout(run, ms).unref(),
): Authenticate {
  const cache = new Map<string, { caller: Caller; expiresAt: number | null }>();
  const expired = (expiresAt: number | null) => expiresAt !== null && clock.now() >= expiresAt;
  return (secret) => {
    const cached = cache.get(secret);
    if (cached !== undefined) return expired(cached.expiresAt) ? null : cached.caller;
    const key = store.findKeyByHash(hashSecret(secret));
    if (key === null || !isUsable(key, clock.now())) return null;
    const caller: Caller = { keyId: key.id, role: key.role };
    if (cache.size === 0) later(() => cache.clear(), believedMs);
    if (cache.size < maxCached) cache.set(secret, { caller, expiresAt: key.expiresAt });
    return caller;
  };
}

/** Every caller of a server that runs without keys is this one. */
export const openCaller: Caller = { keyId: 'open', role: 'admin' };
