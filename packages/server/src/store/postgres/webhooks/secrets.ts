// Statements of the secrets of webhooks.

import { maxSecrets } from '../../../core/webhooks/webhook.ts';
import type { WebhookSecret, WebhookStore } from '../../../core/webhooks/webhook-store.ts';
import type { Row } from '../../rows.ts';
import { deleteInSteps, deleteStep } from '../tasks/delete-in-steps.ts';
import { lockFor, locks } from '../database/locks.ts';
import type { Query } from '../database/statements.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';

type Secrets = Pick<WebhookStore, 'ensureSecret' | 'rotateSecret' | 'secretsOf' | 'deleteExpiredSecrets'>;

export function createSecrets(
  query: Query,
  { write }: Pick<Writer, 'write'>,
  sweeps: Pick<Writer, 'write'>,
): Secrets {
  return {
    ensureSecret: (owner, secret, at) => write(ensureSecret, [owner, secret, at]),
    rotateSecret: (owner, secret, times) => write(rotateSecret, [owner, secret, times]),
    async secretsOf(owner, now) {
      const rows = await query(
        `SELECT * FROM webhook_secrets WHERE owner = $1 AND (expires_at IS NULL OR expires_at > $2)
         ORDER BY expires_at IS NULL DESC, number DESC`,
        [owner, now],
      );
      return rows.map(toSecret);
    },
    deleteExpiredSecrets: (now) => deleteInSteps(sweeps, deleteExpired, now),
  };
}

function toSecret(row: Row): WebhookSecret {
  return {
    secret: row['secret'] as string,
    createdAt: row['created_at'] as number,
    expiresAt: row['expires_at'] as number | null,
  };
}

/** Stores the first secret of an owner that has no current one. Of two at once, the second waits for what becomes of the first. */
export async function insertFirstSecret(
  query: Query,
  owner: string,
  secret: string,
  at: number,
): Promise<void> {
  await query(
    `INSERT INTO webhook_secrets (owner, secret, created_at) VALUES ($1, $2, $3)
     ON CONFLICT (owner) WHERE expires_at IS NULL DO NOTHING`,
    [owner, secret, at],
  );
}

/** Deletes all secrets of an owner, and those that are being rotated in. */
export async function deleteSecrets(query: Query, owner: string): Promise<void> {
  await lockFor(query, locks.webhookSecrets, owner);
  await query('DELETE FROM webhook_secrets WHERE owner = $1', [owner]);
}

const ensureSecret = oneByOne(({ query }: Transaction, owner: string, secret: string, at: number) =>
  insertFirstSecret(query, owner, secret, at),
);

const rotateSecret = oneByOne(
  async (
    { query }: Transaction,
    owner: string,
    secret: string,
    { at, oldExpiresAt }: { at: number; oldExpiresAt: number },
  ): Promise<void> => {
    // Of two at once the second replaces the first's, instead of finding no current one to replace.
    await lockFor(query, locks.webhookSecrets, owner);
    await query('UPDATE webhook_secrets SET expires_at = $2 WHERE owner = $1 AND expires_at IS NULL', [
      owner,
      oldExpiresAt,
    ]);
    await insertFirstSecret(query, owner, secret, at);
    await query(
      `DELETE FROM webhook_secrets WHERE number IN
         (SELECT number FROM webhook_secrets WHERE owner = $1 ORDER BY number DESC OFFSET ${maxSecrets})`,
      [owner],
    );
  },
);

const deleteExpired = deleteStep('webhook_secrets', 'expires_at');
