// Makes the deliveries of webhooks, in the transaction of the change that they tell of: a change that is committed has its webhooks committed.
// Few changes have any, so the statement of a change says only which of its tasks do.

import { deletedEvent } from '../../../core/webhooks/webhook.ts';
import type { Row } from '../../rows.ts';
import { adminKeyIds, hearsOfAll, mayHearOfDeletions } from '../../told-of-deletions.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';

/**
 * Expression that is true where somebody is to hear of a change. `task` is the row of the task, with its `key_id` and `callback_events`, and
 * `event` that of the change.
 */
export const isToldOf = (task: string, event: string): string =>
  `(coalesce(${event} = ANY (${task}.callback_events), false) OR (
     SELECT true FROM webhook_endpoints e WHERE e.key_id = ${task}.key_id AND e.disabled_at IS NULL AND ${event} = ANY (e.events) LIMIT 1) IS NOT NULL)`;

const changes = rowParameters<Row>({
  id: ['text', ({ id }) => id],
  event: ['text', ({ event }) => event],
  at: ['bigint', ({ at }) => at],
});

const deliverSql = `WITH changed AS MATERIALIZED (
    SELECT t.id, t.key_id, callback_url, callback_host, callback_events, event, asked.at
    FROM ${changes.table} JOIN tasks t ON t.id = ANY ($1) AND t.id = asked.id),
  receiving AS MATERIALIZED (
    SELECT changed.id, changed.key_id, event, at, e.id AS endpoint_id, e.url, e.host
    FROM changed JOIN webhook_endpoints e ON e.key_id = changed.key_id
    WHERE e.key_id = ANY (ARRAY(SELECT key_id FROM changed)) AND e.disabled_at IS NULL AND event = ANY (e.events)
    UNION ALL
    SELECT id, key_id, event, at, NULL, callback_url, callback_host FROM changed WHERE event = ANY (callback_events))
  INSERT INTO webhook_deliveries
    (id, key_id, endpoint_id, task_id, event, url, host, state, created_at, counted_from, due_at)
  SELECT 'msg_' || replace(gen_random_uuid()::text, '-', ''), key_id, endpoint_id, id, event, url, host, 'pending', at, at, at
  FROM receiving
  -- A task that is taken again, after a stop or for another try, has been running before.
  -- Each is looked up by itself: of an EXISTS here the plan could be to read all deliveries.
  WHERE event <> 'task.running' OR
    (SELECT 1 FROM webhook_deliveries told WHERE told.task_id = receiving.id AND told.event = 'task.running' LIMIT 1) IS NULL`;

/**
 * Makes the deliveries of changes, by their rows with `id`, `event`, `at`, and `is_told` as `isToldOf` says it. It need not be waited for: the
 * transaction does.
 */
export function deliver(query: Query, rows: readonly Row[]): void {
  // No endpoint is locked, lest who changes one wait for all ends of its owner's tasks: the claim of a delivery looks at it again.
  const told = rows.filter((row) => row['is_told'] === true);
  if (told.length > 0) void query(deliverSql, changes.of(told));
}

/**
 * Table of a WITH that has the endpoints which are told of deleted tasks. `rows` names the table with the `key_id` of each task, `at` is the SQL of the
 * time. No endpoint is locked: the claim of a delivery looks at it again.
 */
export const receiversOfDeletions = (rows: string, at: string): string => `receivers AS MATERIALIZED (
    SELECT e.id, e.key_id, e.url, e.host, ${hearsOfAll(at)} AS hears_all
    FROM webhook_endpoints e LEFT JOIN api_keys k ON k.id = e.key_id
    WHERE e.key_id = ANY (ARRAY(SELECT key_id FROM ${rows} UNION ${adminKeyIds}))
      AND '${deletedEvent}' = ANY (e.events) AND ${mayHearOfDeletions})`;

/**
 * Tables of a WITH that tell of deleted tasks, beside that of `receiversOfDeletions`. `rows` names the table with the `id` and the `key_id` of each, `at` is
 * the SQL of the time.
 */
export const tellDeletions = (rows: string, at: string): string => `receiving AS MATERIALIZED (
    SELECT ${rows}.id AS task_id, receivers.* FROM ${rows} JOIN receivers USING (key_id) WHERE NOT hears_all
    UNION ALL
    SELECT ${rows}.id, receivers.* FROM ${rows} CROSS JOIN receivers WHERE hears_all),
  heard AS (
    INSERT INTO webhook_deliveries
      (id, key_id, endpoint_id, task_id, event, url, host, state, created_at, counted_from, due_at, data)
    SELECT 'msg_' || replace(gen_random_uuid()::text, '-', ''), key_id, id, task_id, '${deletedEvent}', url, host, 'pending',
      ${at}, ${at}, ${at}, '{"task_id":' || to_json(task_id)::text || '}'
    FROM receiving)`;
