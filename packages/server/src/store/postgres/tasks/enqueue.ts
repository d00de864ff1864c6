// Makes the deliveries of webhooks, in the statement of the change that they tell of: a change that is committed has its webhooks committed.

/** Columns of a task that tell who hears of its changes by itself, for the RETURNING of the change. */
export const callbackColumns = 'callback_url, callback_host, callback_events';

/**
 * Items of a WITH that make the deliveries for the rows of another item, `changed`, which has a task's `id`, `key_id` and
 * `callbackColumns`, and the `event` and its time `at`.
 */
export function deliveries(changed: string): string {
  // No endpoint is locked, lest who changes one wait for all ends of its owner's tasks: the claim of a delivery looks at it again.
  return `receiving AS MATERIALIZED (
    SELECT changed.id, changed.key_id, event, at, e.id AS endpoint_id, e.url, e.host
    FROM ${changed} AS changed JOIN webhook_endpoints e ON e.key_id = changed.key_id
    WHERE e.key_id = ANY (ARRAY(SELECT key_id FROM ${changed})) AND e.disabled_at IS NULL AND event = ANY (e.events)
    UNION ALL
    SELECT id, key_id, event, at, NULL, callback_url, callback_host FROM ${changed} WHERE event = ANY (callback_events)),
  delivering AS (
    INSERT INTO webhook_deliveries
      (id, key_id, endpoint_id, task_id, event, url, host, state, created_at, counted_from, due_at)
    SELECT 'msg_' || replace(gen_random_uuid()::text, '-', ''), key_id, endpoint_id, id, event, url, host, 'pending', at, at, at
    FROM receiving
    -- A task that is taken again, after a stop or for another try, has been running before.
    -- Each is looked up by itself: of an EXISTS here the plan could be to read all deliveries.
    WHERE event <> 'task.running' OR
      (SELECT 1 FROM webhook_deliveries told WHERE told.task_id = receiving.id AND told.event = 'task.running' LIMIT 1) IS NULL)`;
}
