// Statements that read how long tasks took, what runs and what waits: for estimates.

import type { DatabaseSync } from 'node:sqlite';
import type { TaskLoad } from '../../../core/tasks/task-reads.ts';
import type { Synchronous } from '../asynchronous.ts';
import { createPendingQueue } from '../order/pending-queue.ts';

export function createLoadReads(database: DatabaseSync): Synchronous<TaskLoad> {
  // The limit is on the ended tasks, so that a long row of failures is not searched for successes.
  const recentRuns = database.prepare(
    `SELECT recent.model, iif(attempts.indices IS NULL, recent.finished_at, attempts.finished_at) - attempts.started_at AS durationMs
     FROM (SELECT id, model, state, finished_at FROM tasks WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT ?) AS recent
     JOIN attempts ON attempts.task_id = recent.id AND attempts.outcome = 'succeeded'
     WHERE recent.state = 'succeeded'`,
  );
  const running = database.prepare(
    `SELECT model, (SELECT min(started_at) FROM attempts WHERE task_id = tasks.id AND outcome IS NULL) AS since
     FROM tasks WHERE state = 'running'`,
  );

  return {
    recentRuns: (limit) => recentRuns.all(limit) as { model: string; durationMs: number }[],
    running: () => running.all() as { model: string; since: number | null }[],
    pendingQueue: createPendingQueue(database),
  };
}
