// API keys: 256 random bits behind a prefix that secret scanners recognise. Only the SHA-256 is stored. A slow hash is not needed,
// because a random secret can't be guessed.

import { hash, randomBytes } from 'node:crypto';
import type { AuditedAct } from '../audit/audit.ts';
import type { LimitedSubject } from '../limits/subjects.ts';
import type { ApiKey, KeyRole, KeyStore } from './key-store.ts';
import { roleOfScopes, scopesOfRole } from './scopes.ts';

const keyPrefix = 'plantain_';

export function newSecret(): string {
  return keyPrefix + randomBytes(32).toString('base64url');
}

export function hashSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}

/** Highest priority that a key can be permitted. */
export const maxPriority = 100;

/** Maximal length of a key's name, in characters. */
export const maxKeyNameLength = 100;

/** Whether the key is neither revoked nor expired at `now`. */
export function isUsable({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt);
}

export interface NewKey extends Partial<
  Pick<ApiKey, 'ownerId' | 'scopes' | 'models' | 'networks' | 'priorityMax' | 'declaredAs' | 'expiresAt'>
> {
  secret: string;
  name: string;
  /** Default: that of the scopes. */
  role?: KeyRole;
  now: number;
  /** Act of which an entry is stored with the key. */
  audited?: AuditedAct;
}

/** Stores a key for `secret` and returns its record. */
export async function storeKey(store: Pick<KeyStore, 'insertKey'>, options: NewKey): Promise<ApiKey> {
  const key = newKey(options);
  await store.insertKey(key, hashSecret(options.secret), options.audited);
  return key;
}

/** Stores a key for `secret` where there is no key yet; returns whether there was none. */
export function storeFirstKey(store: Pick<KeyStore, 'insertFirstKey'>, options: NewKey): Promise<boolean> {
  return store.insertFirstKey(newKey(options), hashSecret(options.secret), options.audited);
}

/** Makes the record of a new key; without `secret` where only its hash is known. */
export function newKey(options: Omit<NewKey, 'secret'> & { secret?: string }): ApiKey {
  const { scopes = scopesOfRole[options.role ?? 'user'] } = options;
  return {
    id: `key_${randomBytes(9).toString('base64url')}`,
    ownerId: options.ownerId ?? null,
    name: options.name,
    role: roleOfScopes(scopes),
    scopes,
    models: options.models ?? null,
    networks: options.networks ?? null,
    priorityMax: options.priorityMax ?? 0,
    declaredAs: options.declaredAs ?? null,
    hint: hintOf(options.secret ?? ''),
    createdAt: options.now,
    expiresAt: options.expiresAt ?? null,
    revokedAt: null,
    previousUntil: null,
    lastUsedAt: null,
  };
}

/** Id by which tasks of the key are ordered, limited and charged: its owner's, or its own where it has none. */
export function ownerIdOf({ id, ownerId }: Pick<ApiKey, 'id' | 'ownerId'>): string {
  return ownerId ?? id;
}

/** Prefix and four characters of a generated secret; empty for a secret that a person chose, which four characters could give away. */
export function hintOf(secret: string): string {
  return secret.startsWith(keyPrefix) ? secret.slice(0, keyPrefix.length + 4) : '';
}

/** API key that a request was made with. */
export interface Caller extends Pick<ApiKey, 'role' | 'scopes' | 'models' | 'networks' | 'priorityMax'> {
  keyId: string;
  /** Owner of its tasks: `ownerIdOf` the key. */
  ownerId: string;
  /** Whether it may see and change the tasks of the other keys of its owner. */
  sharesTasks: boolean;
  /** Key and owner with their limits; none of them that has no limits. */
  limited: readonly LimitedSubject[];
  /** Session by which it calls; absent where it has shown its key. */
  sessionId?: string;
}

/** Whether a key may use the model of this canonical name. */
export const mayUseModel = ({ models }: Pick<Caller, 'models'>, name: string): boolean =>
  models === null || models.includes(name);

/** Caller of every request to a server that runs without keys, without the limits that the settings have for all. */
export const openCaller: Caller = {
  keyId: 'open',
  ownerId: 'open',
  role: 'admin',
  scopes: scopesOfRole.admin,
  models: null,
  networks: null,
  priorityMax: maxPriority,
  sharesTasks: false,
  limited: [],
};

/** Whether a caller is that of a server that runs without keys. */
export const isOpenCaller = ({ keyId }: Pick<Caller, 'keyId'>): boolean => keyId === openCaller.keyId;
