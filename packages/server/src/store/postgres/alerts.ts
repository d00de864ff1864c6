// Statements of alerts: what may be told, and what was.

import { type Alert, type AlertStore, storedAfterEndMs } from '../../core/alerts/alerts.ts';
import { hearing, toSubjectBalance, usedBalances } from '../alert-rows.ts';
import { keyColumns } from '../rows.ts';
import type { Query } from './database/statements.ts';
import { fromColumn } from './database/text.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';
import { toStoredKey } from './stored-key.ts';

export function createAlerts(query: Query, { write }: Pick<Writer, 'write'>): AlertStore {
  return {
    async listUsedBalances(now) {
      const rows = await query(balancesSql, [now]);
      return rows.map((row) => toSubjectBalance(row, fromColumn));
    },
    async listExpiringKeys({ now, by }) {
      const rows = await query(expiringSql, [now, by]);
      return rows.map(toStoredKey);
    },
    insertAlert: (alert) => write(insertAlert, [alert]),
  };
}

const balancesSql = usedBalances('$1');
const expiringSql = `SELECT ${keyColumns} FROM api_keys WHERE expires_at > $1 AND expires_at <= $2 AND revoked_at IS NULL`;

/** An alert that another server has stored meanwhile is not new. */
const insertSql = `WITH new AS (
    INSERT INTO alerts (subject_id, event, occasion, at, ends_at) VALUES ($1, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING 1),
  told AS (
    INSERT INTO webhook_deliveries (id, key_id, endpoint_id, event, url, host, state, created_at, counted_from, due_at, data)
    SELECT 'msg_' || replace(gen_random_uuid()::text, '-', ''), e.key_id, e.id, $3, e.url, e.host, 'pending', $5, $5, $5, $7
    FROM new CROSS JOIN webhook_endpoints AS e LEFT JOIN api_keys AS k ON k.id = e.key_id
    WHERE ${hearing({ subject: '$1', owner: '$2', at: '$5' })} AND $3 = ANY (e.events)),
  gone AS (DELETE FROM alerts WHERE ends_at <= $8)
  SELECT 1 FROM new`;

const insertAlert = oneByOne(async ({ query }: Transaction, alert: Alert): Promise<boolean> => {
  const { subjectId, ownerId, event, occasion, at, endsAt, data } = alert;
  const values = [subjectId, ownerId, event, occasion, at, endsAt, data, at - storedAfterEndMs];
  return (await query(insertSql, values)).length === 1;
});
