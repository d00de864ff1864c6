// Every statement that changes API keys. Run by the writer thread, and by `plantain-server keys` in its own process.

import type { DatabaseSync } from 'node:sqlite';
import type { ApiKey } from '../../core/key-store.ts';

export type KeyWrites = ReturnType<typeof createKeyWrites>;

export function createKeyWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO api_keys (id, hash, name, role, hint, created_at, expires_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const revoke = database.prepare('UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL');
  return {
    /** `hash` in hex: what crosses the thread boundary is text. */
    insertKey(key: ApiKey, hash: string): void {
      insert.run(
        key.id,
        Buffer.from(hash, 'hex'),
        key.name,
        key.role,
        key.hint,
        key.createdAt,
        key.expiresAt,
        key.revokedAt,
      );
    },
    revokeKey(id: string, at: number): boolean {
      return revoke.run(at, id).changes === 1;
    },
  };
}
