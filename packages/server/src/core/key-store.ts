// The port to the API keys. Only hashes are stored; the secret is shown once, when the key is made.

export type KeyRole = 'admin' | 'user';

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

export interface KeyStore {
  insertKey(key: ApiKey, hash: Uint8Array): Promise<void>;
  /** False when there is no such key, or it is revoked already. */
  revokeKey(id: string, at: number): Promise<boolean>;
  findKeyByHash(hash: Uint8Array): ApiKey | null;
  /** Oldest first. */
  listKeys(): ApiKey[];
}
