// Statements that change the endpoints of webhooks.

import type { DatabaseSync } from 'node:sqlite';
import { endpointDeleted, offByOwner, receiverOf } from '../../../core/webhooks/webhook.ts';
import type { EndpointChange, WebhookEndpoint } from '../../../core/webhooks/webhook-store.ts';
import { prepareEndPending } from './delivery-writes.ts';
import { createSecretWrites } from './secret-writes.ts';

export function createEndpointWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO webhook_endpoints (id, key_id, url, host, events, description, created_at)
     SELECT :id, :keyId, :url, :host, :events, :description, :createdAt
     WHERE (SELECT count(*) FROM webhook_endpoints WHERE key_id = :keyId) < :most`,
  );
  const change = database.prepare(
    `UPDATE webhook_endpoints SET url = coalesce(:url, url), host = coalesce(:host, host), events = coalesce(:events, events),
       description = coalesce(:description, description) WHERE id = :id`,
  );
  const redirect = database.prepare(
    `UPDATE webhook_deliveries SET url = :url, host = :host WHERE endpoint_id = :id AND state = 'pending'`,
  );
  const enable = database.prepare(
    'UPDATE webhook_endpoints SET failing_since = NULL, disabled_at = NULL, disabled_reason = NULL WHERE id = ?',
  );
  const disable = database.prepare(
    'UPDATE webhook_endpoints SET disabled_at = ?, disabled_reason = ? WHERE id = ? AND disabled_at IS NULL',
  );
  const remove = database.prepare('DELETE FROM webhook_endpoints WHERE id = ?');
  const endPending = prepareEndPending(database);
  const { ensureSecret } = createSecretWrites(database);
  const removeSecrets = database.prepare('DELETE FROM webhook_secrets WHERE owner = ?');

  return {
    insertEndpoint(endpoint: WebhookEndpoint, secret: string, most: number): boolean {
      const { id, keyId, url, events, description, createdAt } = endpoint;
      const row = { id, keyId, url, host: receiverOf(url), events: JSON.stringify(events), description };
      const inserted = insert.run({ ...row, createdAt, most }).changes === 1;
      if (inserted) ensureSecret(id, secret, createdAt);
      return inserted;
    },
    changeEndpoint(id: string, { url, events, description, enabled }: EndpointChange, at: number): boolean {
      const target = url === undefined ? { url: null, host: null } : { url, host: receiverOf(url) };
      const row = { id, ...target, events: events === undefined ? null : JSON.stringify(events) };
      if (change.run({ ...row, description: description ?? null }).changes === 0) return false;
      if (url !== undefined) redirect.run({ id, ...target });
      if (enabled === true) enable.run(id);
      if (enabled === false && disable.run(at, offByOwner, id).changes === 1) endPending(id, at, offByOwner);
      return true;
    },
    deleteEndpoint(id: string, at: number): boolean {
      if (remove.run(id).changes === 0) return false;
      removeSecrets.run(id);
      endPending(id, at, endpointDeleted);
      return true;
    },
  };
}
