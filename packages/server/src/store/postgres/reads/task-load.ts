// Statements that read how long tasks took, what runs and what waits: for estimates.

import type { RunningCounts } from '../../../core/limits/standing.ts';
import type { TaskLoad } from '../../../core/tasks/task-reads.ts';
import type { Query } from '../database/statements.ts';
import type { Writer } from '../database/writer.ts';
import type { KnownOrder } from '../order/bounds.ts';
import { joinAll } from '../order/pending-work.ts';
import { readPredictedQueue } from '../order/predicted-queue.ts';
import { createRunningCounts } from './running-counts.ts';

/** The limit is on the ended tasks, so that a long row of failures is not searched for successes. */
const recentRuns = `
  SELECT recent.model, CASE WHEN attempts.indices IS NULL THEN recent.finished_at ELSE attempts.finished_at END - attempts.started_at AS "durationMs"
  FROM (SELECT id, model, state, finished_at FROM tasks WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT $1) AS recent
    JOIN attempts ON attempts.task_id = recent.id AND attempts.outcome = 'succeeded'
  WHERE recent.state = 'succeeded' ORDER BY recent.finished_at DESC`;

const running = `
  SELECT model, (SELECT min(started_at) FROM attempts WHERE task_id = tasks.id AND outcome IS NULL) AS since
  FROM tasks WHERE state = 'running'`;

export function createTaskLoad(
  query: Query,
  takes: Pick<Writer, 'write'>,
  known: KnownOrder,
): TaskLoad & RunningCounts {
  return {
    ...createRunningCounts(query),
    async recentRuns(limit) {
      return (await query(recentRuns, [limit])) as unknown as { model: string; durationMs: number }[];
    },
    async running() {
      return (await query(running)) as unknown as { model: string; since: number | null }[];
    },
    pendingQueue: (model, limit) =>
      readPredictedQueue(query, known, () => joinAll(takes, known), { model, limit }),
  };
}
