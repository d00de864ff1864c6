// Makes the queue anew of the tasks that wait, for a database whose tasks came from elsewhere, or from a version with another queue.

import { arriving } from './arrivals.ts';

/**
 * A task that is to be cancelled does not wait to be taken. One whose attempt goes on waits to be resumed. The turns of owners begin anew: the
 * first take makes the lanes.
 */
export const fillQueue: readonly string[] = [
  `INSERT INTO waiting (model, inputs, owner_id, rank, task_id, key_id, due_at, deadline_at, state)
  SELECT model, inputs, owner_id, -priority, id, key_id, due_at, deadline_at,
    CASE WHEN EXISTS (SELECT FROM attempts WHERE task_id = tasks.id AND outcome IS NULL AND operation IS NOT NULL) THEN 'resumes'
      WHEN due_at > updated_at THEN 'delayed' ELSE 'ready' END
  FROM tasks WHERE state = 'pending' AND cancel_requested_at IS NULL`,
  arriving(`SELECT model, inputs, owner_id, rank, task_id FROM waiting WHERE state = 'ready'`),
  `INSERT INTO needs SELECT DISTINCT model, inputs FROM waiting ON CONFLICT DO NOTHING`,
];

/** Tables whose sizes have changed. */
export const filledTables = ['waiting', 'arrivals', 'needs'];
