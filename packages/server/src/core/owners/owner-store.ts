// Port of owners, and of the limits of owners and keys.

import type { AuditedAct } from '../audit/audit.ts';
import type { LimitedChange } from '../limits/change-limited.ts';
import type { Limited } from '../limits/limits.ts';

/** Customer or team, which has any number of keys. A key without one is an owner of its own and has no record here. */
export interface Owner {
  id: string;
  name: string;
  /** Share of the server's work beside those of other owners. Above 0. */
  weight: number;
  /** Whether each of its keys may see and change the tasks of the others. */
  shared: boolean;
  /** Unix milliseconds. */
  createdAt: number;
  deletedAt: number | null;
}

/** Owner with what its keys tell. */
export interface OwnerInUse extends Owner {
  /** Number of its keys that are not revoked. */
  keyCount: number;
  /** Latest use of one of its keys, late by up to a minute; `null` where none was used. */
  lastUsedAt: number | null;
}

export interface OwnerChange extends Partial<Pick<Owner, 'name' | 'weight' | 'shared'>> {
  limited?: LimitedChange;
}

/** Position in a list of owners, which goes from the oldest on: the owner after which the page begins. */
export type OwnerPosition = Pick<Owner, 'id' | 'createdAt'>;

/**
 * Outcome of a deletion. `unknown`: there is no such owner, or it was deleted before. `last_admin`: refused, because the last usable admin key is
 * one of its keys.
 */
export type OwnerDeleted = 'deleted' | 'unknown' | 'last_admin';

export interface OwnedTask {
  id: string;
  keyId: string;
  isFinal: boolean;
}

/** Writes that are given an act store an entry of it in the audit log, where they change something. */
export interface OwnerStore {
  /** Inserts an owner with what is set for it; where there is one with this id, nothing changes. */
  insertOwner(owner: Owner, audited?: AuditedAct, limited?: LimitedChange): Promise<void>;
  /** Changes an owner, and what is set for it; false where there is none, or it is deleted. */
  changeOwner(id: string, change: OwnerChange, audited?: AuditedAct): Promise<boolean>;
  /** Finds an owner, a deleted one too. */
  findOwner(id: string): Promise<OwnerInUse | null>;
  /** Lists owners that are not deleted, oldest first. */
  listOwners(page: { after: OwnerPosition | null; limit: number }): Promise<OwnerInUse[]>;
  /** Marks an owner as deleted, revokes its keys, and forgets its name and theirs, its limits and theirs. Nothing is accepted under it any more. */
  deleteOwner(id: string, at: number, audited?: AuditedAct): Promise<OwnerDeleted>;
  /** Lists deleted owners that may have something left, the first deleted first. */
  ownersToEmpty(limit: number): Promise<string[]>;
  /** Lists tasks that were accepted under an owner, oldest first. */
  tasksOfOwner(ownerId: string, limit: number): Promise<OwnedTask[]>;
  /** Notes that a deleted owner has nothing left. */
  markEmptied(id: string, at: number): Promise<void>;
  /** Reads the limits of owners and keys; one for which nothing is set is not in the map. */
  readLimited(subjectIds: readonly string[]): Promise<Map<string, Limited>>;
}
