// Statements that read the gauges, and the length of the queue by model. They go through all that waits, so they run in a thread of their own.

import type { DatabaseSync } from 'node:sqlite';
import { longestReservedMs, type OpenTasks, type StoreGauges } from '../../../core/gauges/store-gauges.ts';

/** Ids begin with the time of the submit: the lowest is in the indexes that are counted. */
const openTasks = `
  SELECT model, pending, running, (SELECT created_at FROM tasks WHERE id = first_id) AS oldestAt
  FROM (
    SELECT model, sum(pending) AS pending, sum(running) AS running, min(first_id) AS first_id FROM (
      SELECT model, count(*) AS pending, 0 AS running, min(id) AS first_id
      FROM tasks INDEXED BY tasks_ready WHERE queued = 'ready' GROUP BY model
      UNION ALL SELECT model, count(*), 0, min(id) FROM tasks INDEXED BY tasks_delayed WHERE queued = 'delayed' GROUP BY model
      UNION ALL SELECT model, count(*), 0, min(id) FROM tasks INDEXED BY tasks_at_limit WHERE queued = 'held' GROUP BY model
      UNION ALL SELECT model, count(*), 0, min(id) FROM tasks INDEXED BY tasks_running WHERE queued = 'apart' GROUP BY model
      UNION ALL SELECT model, 0, count(*), NULL FROM tasks INDEXED BY tasks_lease WHERE state = 'running' GROUP BY model)
    GROUP BY model)`;

const reserved = `SELECT coalesce(sum(reserved_micro_usd), 0) AS sum FROM usage_days WHERE day >= ?`;

const deliveries = `
  SELECT count(*) AS pending, min(due_at) AS dueAt
  FROM webhook_deliveries INDEXED BY webhook_deliveries_due WHERE state = 'pending'`;

/** Reads the gauges, in one snapshot. */
export function readGauges(database: DatabaseSync, now: number): StoreGauges {
  database.exec('BEGIN');
  try {
    return {
      openTasks: database.prepare(openTasks).all() as unknown as OpenTasks[],
      reservedMicroUsd: Number(database.prepare(reserved).get(now - longestReservedMs)?.['sum']),
      deliveries: database.prepare(deliveries).get() as unknown as StoreGauges['deliveries'],
    };
  } finally {
    database.exec('COMMIT');
  }
}

const pendingByModel = `
  SELECT model, sum(count) AS count FROM (
    SELECT model, count(*) AS count FROM tasks INDEXED BY tasks_ready WHERE queued = 'ready' GROUP BY model
    UNION ALL SELECT model, count(*) FROM tasks INDEXED BY tasks_delayed WHERE queued = 'delayed' GROUP BY model
    UNION ALL SELECT model, count(*) FROM tasks INDEXED BY tasks_at_limit WHERE queued = 'held' GROUP BY model
    UNION ALL SELECT model, count(*) FROM tasks INDEXED BY tasks_running WHERE queued = 'apart' GROUP BY model)
  GROUP BY model`;

export function countPendingByModel(database: DatabaseSync): { model: string; count: number }[] {
  return database.prepare(pendingByModel).all() as { model: string; count: number }[];
}
