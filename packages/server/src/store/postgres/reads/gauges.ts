// Statements that read the gauges of all that is stored.

import { type GaugesStore, longestReservedMs } from '../../../core/gauges/store-gauges.ts';
import type { Query } from '../database/statements.ts';

/**
 * Pending tasks that may be taken lie in the queue, which is narrow; of the others there are few, and they have an index. Ids begin with the
 * time of the submit.
 */
const openTasks = `
  SELECT model, pending, running, (SELECT created_at FROM tasks WHERE id = first_id) AS "oldestAt"
  FROM (
    SELECT model, sum(pending) AS pending, sum(running) AS running, min(first_id) AS first_id FROM (
      SELECT model, count(*) AS pending, 0 AS running, min(task_id) AS first_id FROM waiting GROUP BY model
      UNION ALL SELECT model, count(*), 0, min(id) FROM tasks
        WHERE state = 'pending' AND cancel_requested_at IS NOT NULL GROUP BY model
      UNION ALL SELECT model, 0, count(*), NULL FROM tasks WHERE state = 'running' GROUP BY model) counted
    GROUP BY model) summed`;

const reserved = 'SELECT coalesce(sum(reserved_micro_usd), 0) AS sum FROM usage_days WHERE day >= $1';

const deliveries = `SELECT count(*) AS pending, min(due_at) AS "dueAt" FROM webhook_deliveries WHERE state = 'pending'`;

export function createGauges(query: Query): GaugesStore {
  return {
    async readGauges(now) {
      const [models, [sum], [due]] = await Promise.all([
        query(openTasks),
        query(reserved, [now - longestReservedMs]),
        query(deliveries),
      ]);
      return {
        openTasks: models.map((row) => ({
          model: String(row['model']),
          pending: Number(row['pending']),
          running: Number(row['running']),
          oldestAt: toTime(row['oldestAt']),
        })),
        reservedMicroUsd: Number(sum?.['sum']),
        deliveries: { pending: Number(due?.['pending']), dueAt: toTime(due?.['dueAt']) },
      };
    },
  };
}

const toTime = (value: unknown): number | null =>
  value === null || value === undefined ? null : Number(value);
