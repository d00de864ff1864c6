// Statements that hand out tasks: leases that are taken, renewed and taken over.

import type { DatabaseSync } from 'node:sqlite';
import type { CallTarget, TaskQueue } from '../../../core/tasks/task-queue.ts';
import { changedColumns, changeOf, type Row } from '../../rows.ts';
import { createOpenAttempt } from './attempt-writes.ts';
import { fence, leased, newToken } from './lease-fence.ts';
import type { WriteParts } from './write-parts.ts';

export interface TaskRows {
  task: Row;
  attempts: Row[];
  /** Whether the last attempt was opened with the take. */
  opened?: boolean;
}

export function createTakeWrites({ database, note, enqueue }: WriteParts) {
  const takeByNeed = prepareTake(database, 'model = :model AND inputs = :inputs');
  const takeOperations = prepareTake(
    database,
    'id IN (SELECT task_id FROM attempts WHERE outcome IS NULL AND operation IS NOT NULL)',
  );
  const renewLease = prepareRenew(database);
  const takeOver = database.prepare(
    `UPDATE tasks SET lease_token = ${newToken}, lease_expires_at = :expiresAt
     WHERE id IN (SELECT id FROM tasks WHERE state = 'running' AND lease_expires_at <= :by ORDER BY lease_expires_at LIMIT :limit)
     RETURNING *`,
  );
  const withAttempts = createWithAttempts(database);
  const openAttempts = createOpenAttempts(database);

  function toTaken(now: number) {
    return (task: Row): TaskRows => {
      note(changeOf(task));
      enqueue(String(task['id']), 'task.running', now);
      return withAttempts(task);
    };
  }

  return {
    takeDue({ needs, now, leaseMs }: Parameters<TaskQueue['takeDue']>[0]): TaskRows[] {
      return needs.flatMap(({ model, inputs, limit, calls = [] }) => {
        const need = { model, inputs, limit };
        const taken = takeByNeed.all({ ...need, now, expiresAt: now + leaseMs }).map(toTaken(now));
        return openAttempts(taken, calls, now);
      });
    },
    takeOperations({ limit, now, leaseMs }: Parameters<TaskQueue['takeOperations']>[0]): TaskRows[] {
      return takeOperations.all({ limit, now, expiresAt: now + leaseMs }).map(toTaken(now));
    },
    renewLeases(
      leases: Parameters<TaskQueue['renewLeases']>[0],
      { now, leaseMs }: Parameters<TaskQueue['renewLeases']>[1],
    ): { lost: string[]; cancelled: string[] } {
      const lost: string[] = [];
      const cancelled: string[] = [];
      for (const { lease, progress } of leases) {
        const row = renewLease.get({ ...fence(lease), progress, now, expiresAt: now + leaseMs });
        if (row === undefined) lost.push(lease.taskId);
        else note(changeOf(row));
        if (typeof row?.['cancel_requested_at'] === 'number') cancelled.push(lease.taskId);
      }
      return { lost, cancelled };
    },
    claimExpiredLeases({
      by,
      now,
      leaseMs,
      limit,
    }: Parameters<TaskQueue['claimExpiredLeases']>[0]): TaskRows[] {
      return takeOver.all({ by, expiresAt: now + leaseMs, limit }).map(withAttempts);
    },
  };
}

/** Opens an attempt for each call in turn, for tasks that were just taken and have none open. Their takes are the change of both. */
function createOpenAttempts(database: DatabaseSync) {
  const openAttempt = createOpenAttempt(database);
  return (taken: readonly TaskRows[], calls: readonly CallTarget[], at: number): TaskRows[] => {
    const left = calls.values();
    return taken.map((rows) => {
      if (rows.attempts.some(({ outcome }) => outcome === null)) return rows;
      const { value: call } = left.next();
      if (call === undefined) return rows;
      const attempt = openAttempt(String(rows.task['id']), { ...call, at });
      return { ...rows, attempts: [...rows.attempts, attempt], opened: true };
    });
  };
}

export function createWithAttempts(database: DatabaseSync): (task: Row) => TaskRows {
  const attemptsOf = database.prepare('SELECT * FROM attempts WHERE task_id = ? ORDER BY number');
  return (task) => ({ task, attempts: attemptsOf.all(String(task['id'])) });
}

function prepareTake(database: DatabaseSync, which: string) {
  // SQLite plans by the number that a bare `:limit` has, and compiles the statement anew for every one that is bound: 95 µs for a take
  // that takes 18 µs so.
  return database.prepare(
    `UPDATE tasks SET state = 'running', changed = next_change(), updated_at = max(updated_at, :now), progress = 0, tries_used = tries_used + 1,
       lease_token = ${newToken}, lease_expires_at = :expiresAt
     WHERE id IN (SELECT id FROM tasks WHERE state = 'pending' AND ${which} AND due_at <= :now AND deadline_at > :now
                    AND cancel_requested_at IS NULL
                  ORDER BY due_at, id LIMIT 0 + :limit)
     RETURNING *`,
  );
}

function prepareRenew(database: DatabaseSync) {
  return database.prepare(
    `UPDATE tasks SET lease_expires_at = :expiresAt, progress = :progress,
       changed = iif(progress = :progress, changed, next_change()),
       updated_at = iif(progress = :progress, updated_at, max(updated_at, :now)) WHERE ${leased}
     RETURNING ${changedColumns}, cancel_requested_at`,
  );
}
