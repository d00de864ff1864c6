// Statements that change the secrets of webhooks.

import type { DatabaseSync } from 'node:sqlite';
import { maxSecrets } from '../../../core/webhooks/webhook.ts';

export function createSecretWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO webhook_secrets (owner, secret, created_at) SELECT :owner, :secret, :at
     WHERE NOT EXISTS (SELECT 1 FROM webhook_secrets WHERE owner = :owner AND expires_at IS NULL)`,
  );
  const retire = database.prepare(
    'UPDATE webhook_secrets SET expires_at = ? WHERE owner = ? AND expires_at IS NULL',
  );
  const removeOld = database.prepare(
    `DELETE FROM webhook_secrets WHERE owner = :owner AND rowid NOT IN
       (SELECT rowid FROM webhook_secrets WHERE owner = :owner ORDER BY rowid DESC LIMIT ${maxSecrets})`,
  );
  const removeExpired = database.prepare('DELETE FROM webhook_secrets WHERE expires_at <= ?');

  return {
    ensureSecret(owner: string, secret: string, at: number): void {
      insert.run({ owner, secret, at });
    },
    rotateSecret(owner: string, secret: string, times: { at: number; oldExpiresAt: number }): void {
      retire.run(times.oldExpiresAt, owner);
      insert.run({ owner, secret, at: times.at });
      removeOld.run({ owner });
    },
    deleteExpiredSecrets(now: number): number {
      return Number(removeExpired.run(now).changes);
    },
  };
}
