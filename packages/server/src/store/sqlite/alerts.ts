// Statements of alerts: what may be told, and what was.

import type { DatabaseSync } from 'node:sqlite';
import { type Alert, type AlertStore, storedAfterEndMs } from '../../core/alerts/alerts.ts';
import { newDeliveryId } from '../../core/webhooks/webhook.ts';
import { hearing, toSubjectBalance, usedBalances } from '../alert-rows.ts';
import { keyColumns, toKey } from '../rows.ts';
import type { Synchronous } from './asynchronous.ts';

export function createAlertReads(
  database: DatabaseSync,
): Synchronous<Pick<AlertStore, 'listUsedBalances' | 'listExpiringKeys'>> {
  const balances = database.prepare(usedBalances(':now'));
  const expiring = database.prepare(
    `SELECT ${keyColumns} FROM api_keys WHERE expires_at > :now AND expires_at <= :by AND revoked_at IS NULL`,
  );
  return {
    listUsedBalances: (now) => balances.all({ now }).map((row) => toSubjectBalance(row, (name) => name)),
    listExpiringKeys: (range) => expiring.all(range).map(toKey),
  };
}

export function createAlertWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO alerts (subject_id, event, occasion, at, ends_at) VALUES (:subjectId, :event, :occasion, :at, :endsAt)
     ON CONFLICT DO NOTHING`,
  );
  const remove = database.prepare('DELETE FROM alerts WHERE ends_at <= ?');
  const receivers = database.prepare(
    `SELECT e.id AS endpointId, e.key_id AS keyId, e.url, e.host FROM webhook_endpoints AS e LEFT JOIN api_keys AS k ON k.id = e.key_id
     WHERE ${hearing({ subject: ':subjectId', owner: ':ownerId', at: ':at' })}
       AND EXISTS (SELECT 1 FROM json_each(e.events) WHERE value = :event)`,
  );
  const deliver = database.prepare(
    `INSERT INTO webhook_deliveries (id, key_id, endpoint_id, event, url, host, state, created_at, counted_from, due_at, data)
     VALUES (:id, :keyId, :endpointId, :event, :url, :host, 'pending', :at, :at, :at, :data)`,
  );
  return {
    insertAlert({ subjectId, ownerId, event, occasion, at, endsAt, data }: Alert): boolean {
      remove.run(at - storedAfterEndMs);
      if (insert.run({ subjectId, event, occasion, at, endsAt }).changes === 0) return false;
      for (const receiver of receivers.all({ subjectId, ownerId, event, at }))
        deliver.run({ ...(receiver as Record<string, string>), id: newDeliveryId(), event, at, data });
      return true;
    },
  };
}
