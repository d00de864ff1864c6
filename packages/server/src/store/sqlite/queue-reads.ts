// Statements that read the queue: what is due, what waits and for what, what runs.

import type { DatabaseSync } from 'node:sqlite';
import type { Need } from '../../core/upstreams/router.ts';
import type { Task } from '../../core/tasks/task.ts';
import type { LeasedTask } from '../../core/tasks/task-store.ts';
import { type Row, toLeasedTask, toTask } from './rows.ts';

/** A day may have this long with the clocks set back; what began later did so while the clock was wrong. */
const maxDayMs = 48 * 3_600_000;

/** `attempts` gives those of a task's row. */
export function createQueueReads(database: DatabaseSync, attempts: (row: Row) => Row[]) {
  const expired = database.prepare(
    `SELECT * FROM tasks WHERE state = 'running' AND lease_expires_at <= ? ORDER BY lease_expires_at LIMIT ?`,
  );
  const pastDeadline = database.prepare(
    `SELECT * FROM tasks WHERE state = 'pending' AND deadline_at <= :by
       AND (:model IS NULL OR (model = :model AND inputs = :inputs)) ORDER BY deadline_at LIMIT :limit`,
  );
  // From one need to the next through the index, however many tasks there are of each: a comparison of both columns at once
  // would walk over all of them, 3 ms for 10,000.
  const waiting = `SELECT model, inputs FROM tasks WHERE state = 'pending'`;
  const nextInputs = database.prepare(`${waiting} AND model = ? AND inputs > ? ORDER BY inputs LIMIT 1`);
  const nextModel = database.prepare(`${waiting} AND model > ? ORDER BY model, inputs LIMIT 1`);
  const firstDue = database.prepare(
    `SELECT due_at AS dueAt FROM tasks WHERE state = 'pending' AND model = ? AND inputs = ? AND deadline_at > ?
     ORDER BY due_at LIMIT 1`,
  );
  const queueOf = database.prepare(
    `SELECT due_at AS dueAt, id FROM tasks WHERE state = 'pending' AND model = ? AND inputs = ? ORDER BY due_at, id LIMIT ?`,
  );
  // The limit is on the ended tasks, so that a long row of failures is not searched for successes.
  const recentRuns = database.prepare(
    `SELECT recent.model, recent.finished_at - attempts.started_at AS durationMs
     FROM (SELECT id, model, state, finished_at FROM tasks WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT ?) AS recent
     JOIN attempts ON attempts.task_id = recent.id AND attempts.outcome = 'succeeded'
     WHERE recent.state = 'succeeded'`,
  );
  const running = database.prepare(
    `SELECT tasks.model, attempts.started_at AS since FROM tasks
     LEFT JOIN attempts ON attempts.task_id = tasks.id AND attempts.outcome IS NULL WHERE tasks.state = 'running'`,
  );
  const countPendingOperations = database.prepare(
    // There are few open attempts, and may be many pending tasks.
    `SELECT count(*) AS count FROM attempts CROSS JOIN tasks ON tasks.id = attempts.task_id
     WHERE attempts.outcome IS NULL AND attempts.operation IS NOT NULL
       AND tasks.state = 'pending' AND tasks.due_at <= :now AND tasks.deadline_at > :now`,
  );
  const countAttempts = database.prepare(
    `SELECT upstream, credential, count(*) AS count FROM attempts
     WHERE started_at >= :since AND started_at < :since + ${maxDayMs} AND credential IS NOT NULL GROUP BY upstream, credential`,
  );
  const pendingCancelled = database.prepare(
    `SELECT * FROM tasks WHERE state = 'pending' AND cancel_requested_at IS NOT NULL ORDER BY id LIMIT ?`,
  );
  const countPending = database.prepare(`SELECT count(*) AS count FROM tasks WHERE state = 'pending'`);

  return {
    expiredLeases(by: number, limit: number): LeasedTask[] {
      return expired.all(by, limit).map((row) => toLeasedTask(row, attempts(row)));
    },
    pendingPastDeadline({ by, limit, need }: { by: number; limit: number; need?: Need }): Task[] {
      const rows = pastDeadline.all({ by, limit, model: need?.model ?? null, inputs: need?.inputs ?? null });
      return rows.map((row) => toTask(row, attempts(row)));
    },
    pendingNeeds(now: number): (Need & { dueAt: number })[] {
      const found: (Need & { dueAt: number })[] = [];
      let row = nextModel.get('');
      while (row !== undefined) {
        const { model, inputs } = row as unknown as Need;
        const due = firstDue.get(model, inputs, now);
        if (due !== undefined) found.push({ model, inputs, dueAt: due['dueAt'] as number });
        row = nextInputs.get(model, inputs) ?? nextModel.get(model);
      }
      return found;
    },
    recentRuns(limit: number): { model: string; durationMs: number }[] {
      return recentRuns.all(limit) as { model: string; durationMs: number }[];
    },
    running(): { model: string; since: number | null }[] {
      return running.all() as { model: string; since: number | null }[];
    },
    pendingQueue(model: string, limit: number) {
      const entries: { dueAt: number; id: string }[] = [];
      /** The last due time up to which every need was read. */
      let readUpTo = Number.POSITIVE_INFINITY;
      for (
        let row = nextInputs.get(model, -1);
        row !== undefined;
        row = nextInputs.get(model, row['inputs'] ?? 0)
      ) {
        const some = queueOf.all(model, row['inputs'] ?? 0, limit) as typeof entries;
        entries.push(...some);
        if (some.length === limit) readUpTo = Math.min(readUpTo, some.at(-1)?.dueAt ?? 0);
      }
      entries.sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
      const isWhole = readUpTo === Number.POSITIVE_INFINITY;
      return { entries: isWhole ? entries : entries.filter(({ dueAt }) => dueAt < readUpTo), isWhole };
    },
    countPendingOperations(now: number): number {
      return Number(countPendingOperations.get({ now })?.['count']);
    },
    countAttempts(since: number): { upstream: string; credential: string; count: number }[] {
      return countAttempts.all({ since }) as { upstream: string; credential: string; count: number }[];
    },
    pendingCancelled(limit: number): Task[] {
      return pendingCancelled.all(limit).map((row) => toTask(row, attempts(row)));
    },
    countPending(): number {
      return Number(countPending.get()?.['count']);
    },
  };
}
