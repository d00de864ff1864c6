// Statements that add to the arrivals: what a take has to know of since the one before. They lock nothing of the queue.

/** INSERT of the first of each lane among tasks that have become ready; `ready` is a SELECT of their places in the queue. */
export function arriving(ready: string): string {
  return `INSERT INTO arrivals (model, inputs, owner_id, rank, task_id)
    SELECT DISTINCT ON (model, inputs, owner_id) model, inputs, owner_id, rank, task_id FROM (${ready}) AS ready
    ORDER BY model, inputs, owner_id, rank, task_id`;
}

/**
 * Item of a WITH for tasks that no longer run: `stopped` is the item that has their `owner_id` and `key_id`, and `limited` an expression that is
 * true where the settings limit all. Where a running limit may hold others of these owners and keys, their places are given on.
 */
export function givingOn(stopped: string, limited: string): string {
  return `given_on AS (
    INSERT INTO arrivals (owner_id, key_id) SELECT DISTINCT owner_id, key_id FROM ${stopped}
    WHERE ${limited} OR EXISTS (SELECT FROM limits WHERE subject_id IN (owner_id, key_id)))`;
}
