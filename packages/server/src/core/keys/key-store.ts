// Port of the API keys. Only hashes are stored; the secret is shown once, when the key is created.

import type { KeyRole } from '@plantain/client';
import type { AuditedAct } from '../audit/audit.ts';
import type { LimitedChange } from '../limits/change-limited.ts';
import type { Limits } from '../limits/limits.ts';
import type { Scope } from './scopes.ts';

export type { KeyRole };

export interface ApiKey {
  id: string;
  /** Named owner; `null` for a key that is its own. */
  ownerId: string | null;
  name: string;
  role: KeyRole;
  scopes: readonly Scope[];
  /** Canonical names of the models that it may use; `null` for all. */
  models: readonly string[] | null;
  /** Networks that it may be used from, such as `10.0.0.0/8`; `null` for all. */
  networks: readonly string[] | null;
  /** Highest priority that a submit may ask for. */
  priorityMax: number;
  /** Id in the settings that declare the key; `null` for one that was made by a call or a command. */
  declaredAs: string | null;
  /** First characters of the secret, by which its owner recognises the key. */
  hint: string;
  /** Unix milliseconds. */
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  /** Until when the secret before a roll is still taken; `null` where there is none. */
  previousUntil: number | null;
  /** Time of its last use, late by up to a minute. */
  lastUsedAt: number | null;
}

/** Key as it is found by its secret, with the limits that are set for it and for its owner; absent where none are. */
export interface FoundKey extends ApiKey {
  /** Whether its owner lets its keys see the tasks of one another. */
  sharesTasks?: boolean;
  limitsOfKey?: Limits;
  limitsOfOwner?: Limits;
  /** True where the secret is the one before a roll. */
  isReplaced?: true;
}

export interface KeyChange extends Partial<
  Pick<ApiKey, 'ownerId' | 'scopes' | 'models' | 'networks' | 'priorityMax' | 'declaredAs'>
> {
  name?: string;
  expiresAt?: number | null;
  revokedAt?: number;
  /** Of what is set for the key. */
  limited?: LimitedChange;
}

/**
 * Outcome of a change. `unknown`: there is no such key. `revoked`: the key was revoked before and can't change. `last_admin`: refused,
 * because no other admin key would be usable.
 */
export type KeyChanged = 'changed' | 'unknown' | 'revoked' | 'last_admin';

/** New secret of a key, by its hash and its first characters. */
export interface RolledSecret {
  hash: Uint8Array;
  hint: string;
  /** Until when the secret before is still taken, Unix milliseconds. One that was before that ends at once. */
  previousUntil: number;
  /** Session of the key that asks for it, which stays while all others end. */
  keptSession?: string | undefined;
}

/** Outcome of a roll. `unknown`: there is no such key. `revoked`: it was revoked. */
export type KeyRolled = 'rolled' | 'unknown' | 'revoked';

/** Use of a key at a time, Unix milliseconds. */
export interface KeyUse {
  keyId: string;
  at: number;
}

/** Writes that are given an act store an entry of it in the audit log, where they change something. */
export interface KeyStore {
  /** Inserts a key with what is set for it. False when there is one of this hash already. */
  insertKey(key: ApiKey, hash: Uint8Array, audited?: AuditedAct, limited?: LimitedChange): Promise<boolean>;
  /** Inserts a key where there is none yet; false where there is any. Of several that are inserted so at once, one is. */
  insertFirstKey(key: ApiKey, hash: Uint8Array, audited?: AuditedAct): Promise<boolean>;
  /** Revokes the key, the last admin key too. False when there is no such key, or it is revoked already. */
  revokeKey(id: string, at: number, audited?: AuditedAct): Promise<boolean>;
  /** Changes a key. Refused where that would revoke the last usable admin key or let it expire sooner. */
  changeKey(id: string, change: KeyChange, now: number, audited?: AuditedAct): Promise<KeyChanged>;
  /** Gives a key another secret, and deletes its sessions and sign-in links, as they were perhaps begun with the one before. */
  rollKey(id: string, secret: RolledSecret, audited?: AuditedAct): Promise<KeyRolled>;
  /** Notes that keys were used; an earlier use than what is stored changes nothing. */
  noteKeyUses(uses: readonly KeyUse[]): Promise<void>;
  findKey(id: string): Promise<ApiKey | null>;
  /** Finds the key of a secret. Found by the secret before a roll, it expires when that ends, if not sooner. */
  findKeyByHash(hash: Uint8Array): Promise<FoundKey | null>;
  /** `findKeyByHash` without waiting. Only a store that reads within the process has it. */
  findKeyNow?(hash: Uint8Array): FoundKey | null;
  /** Lists those of the hashes whose secrets open nothing at `now`. Only a store whose database may be away has it. */
  endedSecrets?(hashes: readonly Uint8Array[], now: number): Promise<Uint8Array[]>;
  /** Lists those of the keys that were revoked or have expired at `now`. */
  endedKeys(ids: readonly string[], now: number): Promise<string[]>;
  /** Lists all keys, oldest first. */
  listKeys(): Promise<ApiKey[]>;
}
