// Statements that read what the queue needs, and how many calls were begun.

import type { DatabaseSync } from 'node:sqlite';
import type { Need } from '../../../core/upstreams/router.ts';
import type { TaskQueue } from '../../../core/tasks/task-queue.ts';
import type { Synchronous } from '../asynchronous.ts';
import { maxDayMs } from '../../wrong-clocks.ts';

export function createQueueReads(
  database: DatabaseSync,
): Synchronous<Pick<TaskQueue, 'pendingWork' | 'countAttempts'>> {
  const nextNeed = createNextNeed(database);
  const firstDue = database.prepare(
    `SELECT due_at AS dueAt FROM tasks WHERE state = 'pending' AND model = ? AND inputs = ? AND deadline_at > ?
     ORDER BY due_at LIMIT 1`,
  );
  const dueOperation = database.prepare(
    // There are few open attempts, and may be many pending tasks.
    `SELECT 1 FROM attempts CROSS JOIN tasks ON tasks.id = attempts.task_id
     WHERE attempts.outcome IS NULL AND attempts.operation IS NOT NULL
       AND tasks.state = 'pending' AND tasks.due_at <= :now AND tasks.deadline_at > :now LIMIT 1`,
  );
  const countAttempts = database.prepare(
    `SELECT upstream, credential, count(*) AS count FROM attempts
     WHERE started_at >= :since AND started_at < :since + ${maxDayMs} AND credential IS NOT NULL GROUP BY upstream, credential`,
  );

  return {
    pendingWork(now) {
      const needs: (Need & { dueAt: number })[] = [];
      for (let need = nextNeed({ model: '', inputs: 0 }); need !== undefined; need = nextNeed(need)) {
        const { model, inputs } = need;
        const due = firstDue.get(model, inputs, now);
        if (due !== undefined) needs.push({ model, inputs, dueAt: due['dueAt'] as number });
      }
      return { needs, hasOperations: dueOperation.get({ now }) !== undefined };
    },
    countAttempts: (since) =>
      countAttempts.all({ since }) as { upstream: string; credential: string; count: number }[],
  };
}

/**
 * Goes from one need of pending tasks to the next through the index, however many tasks there are of each: a comparison of both
 * columns at once would walk over all of them, 3 ms for 10,000.
 */
function createNextNeed(database: DatabaseSync): (need: Need) => Need | undefined {
  const waiting = `SELECT model, inputs FROM tasks WHERE state = 'pending'`;
  const nextInputs = database.prepare(`${waiting} AND model = ? AND inputs > ? ORDER BY inputs LIMIT 1`);
  const nextModel = database.prepare(`${waiting} AND model > ? ORDER BY model, inputs LIMIT 1`);
  return ({ model, inputs }) =>
    (nextInputs.get(model, inputs) ?? nextModel.get(model)) as unknown as Need | undefined;
}
