// Statements that read how long tasks took, what runs and what waits: for estimates.

import type { TaskLoad } from '../../../core/tasks/task-reads.ts';
import { joinQueues } from '../../pending-queue.ts';
import type { Row } from '../../rows.ts';
import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';

/** The limit is on the ended tasks, so that a long row of failures is not searched for successes. */
const recentRuns = `
  SELECT recent.model, recent.finished_at - attempts.started_at AS "durationMs"
  FROM (SELECT id, model, state, finished_at FROM tasks WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT $1) AS recent
    JOIN attempts ON attempts.task_id = recent.id AND attempts.outcome = 'succeeded'
  WHERE recent.state = 'succeeded' ORDER BY recent.finished_at DESC`;

const running = `
  SELECT tasks.model, attempts.started_at AS since
  FROM tasks LEFT JOIN attempts ON attempts.task_id = tasks.id AND attempts.outcome IS NULL WHERE tasks.state = 'running'`;

/**
 * Goes from one number of inputs to the next through the index, however many tasks there are of each. A row has the times and ids of a need in
 * turn: with a row for each, the process would be busy for twice as long.
 */
const queues = `
  WITH RECURSIVE needs (inputs) AS (
    (SELECT inputs FROM waiting WHERE model = $1 ORDER BY inputs LIMIT 1)
    UNION ALL
    SELECT (SELECT w.inputs FROM waiting w WHERE w.model = $1 AND w.inputs > needs.inputs ORDER BY w.inputs LIMIT 1)
    FROM needs WHERE needs.inputs IS NOT NULL)
  SELECT (SELECT string_agg(due_at || ' ' || task_id, ' ') FROM (
      SELECT w.due_at, w.task_id FROM waiting w WHERE w.model = $1 AND w.inputs = needs.inputs
      ORDER BY w.due_at, w.task_id LIMIT $2) AS first) AS entries
  FROM needs WHERE needs.inputs IS NOT NULL`;

function toEntries(row: Row) {
  const words = ((row['entries'] as string | null) ?? '').split(' ');
  const entries: { dueAt: number; id: string }[] = [];
  for (let index = 0; index + 1 < words.length; index += 2)
    entries.push({ dueAt: Number(words[index]), id: words[index + 1] ?? '' });
  return entries;
}

export function createTaskLoad(query: Query): TaskLoad {
  return {
    async recentRuns(limit) {
      return (await query(recentRuns, [limit])) as unknown as { model: string; durationMs: number }[];
    },
    async running() {
      return (await query(running)) as unknown as { model: string; since: number | null }[];
    },
    async pendingQueue(model, limit) {
      const rows = await query(queues, [toColumn(model), limit]);
      const { entries, isWhole } = joinQueues(rows.map(toEntries), limit);
      const order = entries.map(({ id }, tag) => ({ id, ownerId: '', priority: 0, tag, step: 1 }));
      return { entries: order, isWhole, heldOwners: [], heldKeys: [] };
    },
  };
}
