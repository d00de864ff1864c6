// API keys: 256 random bits behind a prefix that secret scanners recognise. Only the SHA-256 is stored. A slow hash is not needed,
// because a random secret can't be guessed.

import { hash, randomBytes } from 'node:crypto';
import type { ApiKey, KeyRole, KeyStore } from './key-store.ts';

const keyPrefix = 'plantain_';

export function newSecret(): string {
  return keyPrefix + randomBytes(32).toString('base64url');
}

export function hashSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}

/** Maximal length of a key's name, in characters. */
export const maxKeyNameLength = 100;

/** Whether the key is neither revoked nor expired at `now`. */
export function isUsable({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt);
}

interface NewKey {
  secret: string;
  name: string;
  role: KeyRole;
  now: number;
  expiresAt?: number | null;
}

/** Stores a key for `secret` and returns its record. */
export async function storeKey(store: Pick<KeyStore, 'insertKey'>, options: NewKey): Promise<ApiKey> {
  const key = newKey(options);
  await store.insertKey(key, hashSecret(options.secret));
  return key;
}

/** Stores a key for `secret` where there is no key yet; returns whether there was none. */
export function storeFirstKey(store: Pick<KeyStore, 'insertFirstKey'>, options: NewKey): Promise<boolean> {
  return store.insertFirstKey(newKey(options), hashSecret(options.secret));
}

function newKey(options: NewKey): ApiKey {
  return {
    id: `key_${randomBytes(9).toString('base64url')}`,
    name: options.name,
    role: options.role,
    hint: hintOf(options.secret),
    createdAt: options.now,
    expiresAt: options.expiresAt ?? null,
    revokedAt: null,
  };
}

/** Prefix and four characters of a generated secret; empty for a secret that a person chose, which four characters could give away. */
function hintOf(secret: string): string {
  return secret.startsWith(keyPrefix) ? secret.slice(0, keyPrefix.length + 4) : '';
}

/** API key that a request was made with. */
export interface Caller {
  keyId: string;
  role: KeyRole;
}

/** Caller of every request to a server that runs without keys. */
export const openCaller: Caller = { keyId: 'open', role: 'admin' };
