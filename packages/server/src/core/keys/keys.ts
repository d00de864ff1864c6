// API keys: 256 random bits behind a prefix that secret scanners recognise. Only the SHA-256 is stored, which is
// enough because the secret is random: there is nothing to guess from.

import { hash, randomBytes } from 'node:crypto';
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

/** The key that a request comes with. */
export interface Caller {
  keyId: string;
  role: KeyRole;
}

/** Every caller of a server that runs without keys is this one. */
export const openCaller: Caller = { keyId: 'open', role: 'admin' };
