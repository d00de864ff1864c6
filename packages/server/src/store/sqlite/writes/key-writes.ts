// Statements that change API keys. Run by the writer thread, and by `plantain-server keys` in its own process.

import type { DatabaseSync } from 'node:sqlite';
import type { ApiKey, KeyChange, KeyChanged } from '../../../core/keys/key-store.ts';
import { changedKey } from '../../../core/keys/change-key.ts';
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
  const revoke = database.prepare('UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL');
  const all = database.prepare(`SELECT ${keyColumns} FROM api_keys`);
  const update = database.prepare(
    `UPDATE api_keys SET owner_id = :ownerId, name = :name, role = :role, scopes = :scopes, models = :models, networks = :networks,
       priority_max = :priorityMax, expires_at = :expiresAt, revoked_at = :revokedAt WHERE id = :id`,
  );
  return {
    /** `hash` in hex: what crosses the thread boundary is text. */
    insertKey: (key: ApiKey, hash: string): boolean =>
      inserts.any.run({ ...key, ...keyJson(key), hash: Buffer.from(hash, 'hex') }).changes === 1,
    insertFirstKey: (key: ApiKey, hash: string): boolean =>
      inserts.first.run({ ...key, ...keyJson(key), hash: Buffer.from(hash, 'hex') }).changes === 1,
    revokeKey(id: string, at: number): boolean {
      return revoke.run(at, id).changes === 1;
    },
    changeKey(id: string, change: KeyChange, now: number): KeyChanged {
      const changed = changedKey(all.all().map(toKey), id, change, now);
      if (typeof changed === 'string') return changed;
      const { ownerId, name, role, priorityMax, expiresAt, revokedAt } = changed;
      update.run({ id, ownerId, name, role, ...keyJson(changed), priorityMax, expiresAt, revokedAt });
      return 'changed';
    },
  };
}
