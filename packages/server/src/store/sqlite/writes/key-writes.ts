// Statements that change API keys. Run by the writer thread, and by `plantain-server keys` in its own process.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type AuditedAct, changedNothing } from '../../../core/audit/audit.ts';
import type { LimitedTurn } from '../../../core/audit/owner-entry.ts';
import { keyEntry } from '../../../core/audit/key-entry.ts';
import type {
  ApiKey,
  KeyChange,
  KeyChanged,
  KeyRolled,
  KeyUse,
  RolledSecret,
} from '../../../core/keys/key-store.ts';
import { changedKey, leftOwner } from '../../../core/keys/change-key.ts';
import type { LimitedChange } from '../../../core/limits/change-limited.ts';
import { createAppendAudit } from './audit-writes.ts';
import { prepareChangeLimited } from '../ledger/limit-writes.ts';
import { keyColumns, keyJson, toKey } from '../../rows.ts';
import { createDeleteSignIns } from '../sessions.ts';

export function createKeyWrites(database: DatabaseSync) {
  const appendAudit = createAppendAudit(database);
  const note: Note = (audited, before, after, limited = null) => {
    if (audited === null) return;
    const entry = keyEntry(audited, before, after, limited);
    if (audited.act !== 'key.change' || !changedNothing(entry)) appendAudit(entry);
  };
  const use = database.prepare(
    'UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, 0), :at) WHERE id = :keyId',
  );
  return {
    ...createInserts(database, note),
    ...createChanges(database, note),
    rollKey: createRoll(database, note),
    noteKeyUses(uses: readonly KeyUse[]): void {
      for (const { keyId, at } of uses) use.run({ keyId, at });
    },
  };
}

/** A hash as text, as which it crosses the thread boundary. */
export const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
type HexSecret = Omit<RolledSecret, 'hash'> & { hash: string };

/** Stores an entry of an act, which is `null` where there is none: what crosses the thread boundary is JSON. */
type Note = (
  audited: AuditedAct | null,
  before: ApiKey | null,
  after: ApiKey,
  limited?: LimitedTurn | null,
) => void;

function createInserts(database: DatabaseSync, note: Note) {
  const insert = (unless: string) =>
    database.prepare(
      `INSERT INTO api_keys (id, owner_id, hash, name, role, scopes, models, networks, priority_max, declared_as, hint, created_at, expires_at,
         revoked_at, previous_until, last_used_at)
       SELECT :id, :ownerId, :hash, :name, :role, :scopes, :models, :networks, :priorityMax, :declaredAs, :hint, :createdAt, :expiresAt,
         :revokedAt, :previousUntil, :lastUsedAt WHERE NOT EXISTS (SELECT 1 FROM api_keys ${unless}) ON CONFLICT DO NOTHING`,
    );
  const changeLimited = prepareChangeLimited(database);
  const inserts = { any: insert('WHERE hash = :hash OR previous_hash = :hash'), first: insert('') };
  function insertBy(
    statement: StatementSync,
    key: ApiKey,
    hash: string,
    { audited, limited }: { audited: AuditedAct | null; limited: LimitedChange | null },
  ): boolean {
    const isNew = statement.run({ ...key, ...keyJson(key), hash: Buffer.from(hash, 'hex') }).changes === 1;
    if (isNew) note(audited, null, key, limited && changeLimited(key.id, limited));
    return isNew;
  }
  return {
    /** `hash` in hex. */
    insertKey: (
      key: ApiKey,
      hash: string,
      audited: AuditedAct | null = null,
      limited: LimitedChange | null = null,
    ): boolean => insertBy(inserts.any, key, hash, { audited, limited }),
    insertFirstKey: (key: ApiKey, hash: string, audited: AuditedAct | null = null): boolean =>
      insertBy(inserts.first, key, hash, { audited, limited: null }),
  };
}

function createChanges(database: DatabaseSync, note: Note) {
  const revoke = database.prepare(
    `UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL RETURNING ${keyColumns}`,
  );
  const all = database.prepare(`SELECT ${keyColumns} FROM api_keys`);
  const update = database.prepare(
    `UPDATE api_keys SET owner_id = :ownerId, name = :name, role = :role, scopes = :scopes, models = :models, networks = :networks,
       priority_max = :priorityMax, declared_as = :declaredAs, expires_at = :expiresAt, revoked_at = :revokedAt WHERE id = :id`,
  );
  const noteLeft = database.prepare(
    'INSERT INTO earlier_owners (key_id, owner_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const changeLimited = prepareChangeLimited(database);
  return {
    revokeKey(id: string, at: number, audited: AuditedAct | null = null): boolean {
      const row = revoke.get(at, id);
      if (row === undefined) return false;
      note(audited, { ...toKey(row), revokedAt: null }, toKey(row));
      return true;
    },
    changeKey(id: string, change: KeyChange, now: number, audited: AuditedAct | null = null): KeyChanged {
      const keys = all.all().map(toKey);
      const changed = changedKey(keys, id, change, now);
      if (typeof changed === 'string') return changed;
      const before = keys.find((key) => key.id === id)!;
      const left = leftOwner(before, changed);
      if (left !== null) noteLeft.run(id, left);
      const { ownerId, name, role, priorityMax, declaredAs, expiresAt, revokedAt } = changed;
      const rest = { ...keyJson(changed), priorityMax, declaredAs, expiresAt, revokedAt };
      update.run({ id, ownerId, name, role, ...rest });
      const turn = change.limited === undefined ? null : changeLimited(id, change.limited);
      note(audited, before, changed, turn);
      return 'changed';
    },
  };
}

function createRoll(database: DatabaseSync, note: Note) {
  const byId = database.prepare(`SELECT ${keyColumns} FROM api_keys WHERE id = ?`);
  const roll = database.prepare(
    `UPDATE api_keys SET previous_hash = hash, previous_until = :previousUntil, hash = :hash, hint = :hint
     WHERE id = :id AND revoked_at IS NULL RETURNING ${keyColumns}`,
  );
  const deleteSignIns = createDeleteSignIns(database);
  return (
    id: string,
    { hash, hint, previousUntil, keptSession }: HexSecret,
    audited: AuditedAct | null = null,
  ): KeyRolled => {
    const before = byId.get(id);
    if (before === undefined) return 'unknown';
    const after = roll.get({ id, hash: Buffer.from(hash, 'hex'), hint, previousUntil });
    if (after === undefined) return 'revoked';
    deleteSignIns(id, keptSession);
    note(audited, toKey(before), toKey(after));
    return 'rolled';
  };
}
