// Entries about API keys. Of a key's secret they hold nothing, not even the beginning by which its owner knows it.

import type { ApiKey } from '../keys/key-store.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import { limitedMembers, type LimitedTurn } from './owner-entry.ts';
import { type AuditedAct, type AuditEntry, auditEntry, type AuditMembers } from './audit.ts';

/**
 * Makes the entry of an act that turned a key into another, and perhaps what is set for it; `before` is `null` for one that was made.
 */
export function keyEntry(
  audited: AuditedAct,
  before: ApiKey | null,
  after: ApiKey,
  limited: LimitedTurn | null = null,
): AuditEntry {
  return auditEntry(
    audited,
    after.id,
    before && { ...keyMembers(before), ...(limited && limitedMembers(limited.before)) },
    { ...keyMembers(after), ...(limited && limitedMembers(limited.after)) },
  );
}

/** Makes the entries of the keys that are revoked by the deletion of their owner. */
export function revokedWithOwner(
  deletion: AuditedAct,
  before: readonly ApiKey[],
  after: readonly ApiKey[],
): AuditEntry[] {
  const worked = new Map(before.filter((key) => key.revokedAt === null).map((key) => [key.id, key]));
  return after.flatMap((key) => {
    const earlier = worked.get(key.id);
    return earlier === undefined ? [] : keyEntry({ ...deletion, act: 'key.revoke' }, earlier, key);
  });
}

function keyMembers(key: ApiKey): AuditMembers {
  return {
    name: key.name,
    owner_id: key.ownerId,
    role: key.role,
    scopes: key.scopes,
    models: key.models,
    networks: key.networks,
    priority_max: key.priorityMax,
    declared_as: key.declaredAs,
    expires_at: moment(key.expiresAt),
    revoked_at: moment(key.revokedAt),
    previous_secret_expires_at: moment(key.previousUntil),
  };
}

const moment = (at: number | null) => (at === null ? null : secondsText(at));
