// The port to the API keys. Only hashes are stored; the secret is shown once, when the key is made.

import type { KeyRole } from '@plantain/client';

export type { KeyRole };

export interface ApiKey {
  id: string;
  name: string;
  role: KeyRole;
  /** The first characters of the secret, so that its owner can tell keys apart. */
  hint: string;
  /** Unix milliseconds. */
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
}

export interface KeyChange {
  name?: string;
  expiresAt?: number | null;
  revokedAt?: number;
}

/** `revoked`: it was before, and does not change again. `last_admin`: no other admin key is usable at that time. */
export type KeyChanged = 'changed' | 'unknown' | 'revoked' | 'last_admin';

export interface KeyStore {
  insertKey(key: ApiKey, hash: Uint8Array): Promise<void>;
  /** Whichever key it is. False when there is no such key, or it is revoked already. */
  revokeKey(id: string, at: number): Promise<boolean>;
  /** Changes a key, unless that would end the last usable admin key, or let it end sooner. */
  changeKey(id: string, change: KeyChange, now: number): Promise<KeyChanged>;
  findKey(id: string): Promise<ApiKey | null>;
  findKeyByHash(hash: Uint8Array): Promise<ApiKey | null>;
  /** `findKeyByHash` without waiting. Only a store that reads within the process has it. */
  findKeyNow?(hash: Uint8Array): ApiKey | null;
  /** Oldest first. */
  listKeys(): Promise<ApiKey[]>;
}
