// Statements that change API keys. Run by the writer thread, and by `plantain-server keys` in its own process.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import { keyEntry } from '../../../core/audit/key-entry.ts';
import type { ApiKey, KeyChange, KeyChanged } from '../../../core/keys/key-store.ts';
import { changedKey } from '../../../core/keys/change-key.ts';
import { createAppendAudit } from './audit-writes.ts';
import { keyColumns, keyJson, toKey } from '../../rows.ts';

export function createKeyWrites(database: DatabaseSync) {
  const insert = (unless: string) =>
    database.prepare(
      `INSERT INTO api_keys (id, owner_id, hash, name, role, scopes, models, networks, priority_max, declared_as, hint, created_at, expires_at,
         revoked_at, last_used_at)
       SELECT :id, :ownerId, :hash, :name, :role, :scopes, :models, :networks, :priorityMax, :declaredAs, :hint, :createdAt, :expiresAt,
         :revokedAt, :lastUsedAt WHERE NOT EXISTS (SELECT 1 FROM api_keys ${unless})`,
    );
  const inserts = { any: insert('WHERE hash = :hash'), first: insert('') };
  const revoke = database.prepare(
    `UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL RETURNING ${keyColumns}`,
  );
  const all = database.prepare(`SELECT ${keyColumns} FROM api_keys`);
  const update = database.prepare(
    `UPDATE api_keys SET owner_id = :ownerId, name = :name, role = :role, scopes = :scopes, models = :models, networks = :networks,
       priority_max = :priorityMax, expires_at = :expiresAt, revoked_at = :revokedAt WHERE id = :id`,
  );
  const appendAudit = createAppendAudit(database);

  function note(audited: AuditedAct | null, before: ApiKey | null, after: ApiKey): void {
    if (audited !== null) appendAudit(keyEntry(audited, before, after));
  }

  function insertBy(
    statement: StatementSync,
    key: ApiKey,
    hash: string,
    audited: AuditedAct | null,
  ): boolean {
    const isNew = statement.run({ ...key, ...keyJson(key), hash: Buffer.from(hash, 'hex') }).changes === 1;
    if (isNew) note(audited, null, key);
    return isNew;
  }

  return {
    /** `hash` in hex: what crosses the thread boundary is text. No act is `null` there. */
    insertKey: (key: ApiKey, hash: string, audited: AuditedAct | null = null): boolean =>
      insertBy(inserts.any, key, hash, audited),
    insertFirstKey: (key: ApiKey, hash: string, audited: AuditedAct | null = null): boolean =>
      insertBy(inserts.first, key, hash, audited),
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
      const { ownerId, name, role, priorityMax, expiresAt, revokedAt } = changed;
      update.run({ id, ownerId, name, role, ...keyJson(changed), priorityMax, expiresAt, revokedAt });
      note(audited, keys.find((key) => key.id === id) ?? null, changed);
      return 'changed';
    },
  };
}
