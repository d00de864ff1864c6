// Statements of the endpoints of webhooks. Wherever both are locked an endpoint is locked before its deliveries, as by the record of an
// attempt.

import type { EndpointChange, WebhookEndpoint, WebhookStore } from '../../../core/webhooks/webhook-store.ts';
import { endpointDeleted, offByOwner, receiverOf } from '../../../core/webhooks/webhook.ts';
import type { Row } from '../../rows.ts';
import { lockFor, locks } from '../database/locks.ts';
import type { PendingOfEndpoint } from './pending-of-endpoint.ts';
import { deleteSecrets, insertFirstSecret } from './secrets.ts';
import type { Query } from '../database/statements.ts';
import { fromColumn, toColumn } from '../database/text.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';

type Endpoints = Pick<
  WebhookStore,
  'insertEndpoint' | 'changeEndpoint' | 'deleteEndpoint' | 'findEndpoint' | 'listEndpoints'
>;

export function createEndpoints(
  query: Query,
  { write }: Pick<Writer, 'write'>,
  pending: PendingOfEndpoint,
): Endpoints {
  return {
    insertEndpoint: (endpoint, secret, most) => write(insertEndpoint, [endpoint, secret, most]),
    async changeEndpoint(id, change, at) {
      if (!(await write(changeEndpoint, [toColumn(id), change, at]))) return false;
      if (change.url !== undefined) await pending.redirect(id);
      if (change.enabled === false) await pending.end(id, at, offByOwner);
      return true;
    },
    async deleteEndpoint(id, at) {
      if (!(await write(deleteEndpoint, [toColumn(id)]))) return false;
      await pending.end(id, at, endpointDeleted);
      return true;
    },
    async findEndpoint(id) {
      const [row] = await query('SELECT * FROM webhook_endpoints WHERE id = $1', [toColumn(id)]);
      return row === undefined ? null : toEndpoint(row);
    },
    async listEndpoints(keyId) {
      const rows = await query('SELECT * FROM webhook_endpoints WHERE key_id = $1 ORDER BY created_at, id', [
        keyId,
      ]);
      return rows.map(toEndpoint);
    },
  };
}

function toEndpoint(row: Row): WebhookEndpoint {
  const reason = row['disabled_reason'] as string | null;
  return {
    id: row['id'] as string,
    keyId: row['key_id'] as string,
    url: fromColumn(row['url'] as string),
    events: row['events'] as WebhookEndpoint['events'],
    description: fromColumn(row['description'] as string),
    createdAt: row['created_at'] as number,
    failingSince: row['failing_since'] as number | null,
    disabledAt: row['disabled_at'] as number | null,
    disabledReason: reason === null ? null : fromColumn(reason),
  };
}

const insertEndpoint = oneByOne(
  async (
    { query }: Transaction,
    endpoint: WebhookEndpoint,
    secret: string,
    most: number,
  ): Promise<boolean> => {
    const { id, keyId, url, events, description, createdAt } = endpoint;
    // Of those that are inserted at once none sees another, and there would be too many.
    await lockFor(query, locks.endpointsOfKey, keyId);
    const inserted = await query(
      `INSERT INTO webhook_endpoints (id, key_id, url, host, events, description, created_at)
       SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM webhook_endpoints WHERE key_id = $2) < $8 RETURNING id`,
      [id, keyId, toColumn(url), receiverOf(url), events, toColumn(description), createdAt, most],
    );
    if (inserted.length === 0) return false;
    await insertFirstSecret(query, id, secret, createdAt);
    return true;
  },
);

const changeEndpoint = oneByOne(
  async ({ query }: Transaction, id: string, change: EndpointChange, at: number): Promise<boolean> => {
    const { url, events, description, enabled } = change;
    const host = url === undefined ? null : receiverOf(url);
    const target = [url === undefined ? null : toColumn(url), host];
    const changed = await query(
      `UPDATE webhook_endpoints SET url = coalesce($2, url), host = coalesce($3, host), events = coalesce($4, events),
         description = coalesce($5, description), failing_since = CASE WHEN $6 THEN NULL ELSE failing_since END,
         disabled_at = CASE WHEN $6 THEN NULL WHEN NOT $6 THEN coalesce(disabled_at, $7) ELSE disabled_at END,
         disabled_reason = CASE WHEN $6 THEN NULL WHEN NOT $6 THEN coalesce(disabled_reason, $8) ELSE disabled_reason END
       WHERE id = $1 RETURNING id`,
      [
        id,
        ...target,
        events ?? null,
        description === undefined ? null : toColumn(description),
        enabled ?? null,
        at,
        offByOwner,
      ],
    );
    return changed.length === 1;
  },
);

const deleteEndpoint = oneByOne(async ({ query }: Transaction, id: string): Promise<boolean> => {
  const deleted = await query('DELETE FROM webhook_endpoints WHERE id = $1 RETURNING id', [id]);
  if (deleted.length === 0) return false;
  await deleteSecrets(query, id);
  return true;
});
