// Every statement that changes tasks and attempts, one named function each, run by the writer thread.
// Arguments and results cross a thread boundary, so they are plain values: JSON stays text on the way.

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { AttemptEnd, Lease, NewTask, PutBack, TaskEnd } from '../../core/task-store.ts';

type Row = Record<string, SQLOutputValue>;

/** The fence of every write by a holder or rescuer of a lease. */
const leased = `id = :id AND state = 'running' AND lease_token = :token AND lease_expires_at <= :expiredBy`;

export type Writes = ReturnType<typeof createWrites>;

export function createWrites(database: DatabaseSync) {
  const insertTask = database.prepare(
    `INSERT INTO tasks (id, key_id, state, action, model, created_at, updated_at, due_at, deadline_at, request)
     VALUES (?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?)`,
  );
  const take = database.prepare(
    `UPDATE tasks SET state = 'running', updated_at = max(updated_at, :now), progress = 0, tries_used = tries_used + 1,
       lease_token = lower(hex(randomblob(16))), lease_expires_at = :expiresAt
     WHERE id IN (SELECT id FROM tasks WHERE state = 'pending' AND due_at <= :now AND deadline_at > :now
                  ORDER BY due_at, id LIMIT :limit)
     RETURNING *`,
  );
  const attemptsOf = database.prepare('SELECT * FROM attempts WHERE task_id = ? ORDER BY number');
  const nextDue = database.prepare(
    `SELECT min(due_at) AS at FROM tasks WHERE state = 'pending' AND due_at > ?`,
  );
  const renew = database.prepare(
    `UPDATE tasks SET lease_expires_at = :expiresAt, progress = :progress,
       updated_at = iif(progress = :progress, updated_at, max(updated_at, :now)) WHERE ${leased}`,
  );
  const isLeased = database.prepare(`SELECT 1 FROM tasks WHERE ${leased}`);
  const openAttempt = database.prepare(
    `INSERT INTO attempts (task_id, number, upstream, upstream_model, started_at)
     VALUES (:id, 1 + (SELECT count(*) FROM attempts WHERE task_id = :id), :upstream, :upstreamModel, :at) RETURNING *`,
  );
  const closeAttempt = database.prepare(
    `UPDATE attempts SET outcome = ?, failure = ?, maybe_billed = ?, finished_at = max(started_at, ?)
     WHERE task_id = ? AND outcome IS NULL`,
  );
  const ended = `state = :state, result = :result, failure = :failure, finished_at = max(updated_at, :at), updated_at = max(updated_at, :at),
       progress = iif(:state = 'succeeded', 1, progress), lease_token = NULL, lease_expires_at = NULL,
       view_key = :viewKey, view = :view`;
  const finishLeased = database.prepare(`UPDATE tasks SET ${ended} WHERE ${leased}`);
  const finishPending = database.prepare(`UPDATE tasks SET ${ended} WHERE id = :id AND state = 'pending'`);
  const putBack = database.prepare(
    `UPDATE tasks SET state = 'pending', updated_at = max(updated_at, :at), due_at = :dueAt, progress = 0,
       tries_used = tries_used - :giveBack, lease_token = NULL, lease_expires_at = NULL WHERE ${leased}`,
  );

  function close(taskId: string, attempt: AttemptEnd | undefined, at: number): void {
    if (attempt === undefined) return;
    const failure = attempt.failure === null ? null : JSON.stringify(attempt.failure);
    closeAttempt.run(attempt.outcome, failure, attempt.maybeBilled ? 1 : 0, at, taskId);
  }

  return {
    /** `request` is the task's request as JSON text. */
    insertTask(task: Omit<NewTask, 'request'>, request: string): void {
      const { id, keyId, action, model, createdAt, deadlineAt } = task;
      insertTask.run(id, keyId, action, model, createdAt, createdAt, createdAt, deadlineAt, request);
    },
    takeDue({ limit, now, leaseMs }: { limit: number; now: number; leaseMs: number }) {
      const rows = take.all({ limit, now, expiresAt: now + leaseMs });
      const taken = rows.map((task): { task: Row; attempts: Row[] } => ({
        task,
        attempts: attemptsOf.all(String(task['id'])),
      }));
      return { taken, nextDueAt: nextDue.get(now)?.['at'] as number | null };
    },
    openAttempt(lease: Lease, call: { upstream: string; upstreamModel: string; at: number }): Row | null {
      if (isLeased.get(fence(lease)) === undefined) return null;
      return openAttempt.get({ id: lease.taskId, ...call }) ?? null;
    },
    renewLeases(
      leases: readonly { lease: Lease; progress: number }[],
      { now, leaseMs }: { now: number; leaseMs: number },
    ): string[] {
      const lost = leases.filter(
        ({ lease, progress }) =>
          renew.run({ ...fence(lease), progress, now, expiresAt: now + leaseMs }).changes === 0,
      );
      return lost.map(({ lease }) => lease.taskId);
    },
    finishIfLeased(lease: Lease, end: TaskEnd): boolean {
      const changed = finishLeased.run({ ...fence(lease), ...endValues(end) }).changes === 1;
      if (changed) close(lease.taskId, end.attempt, end.at);
      return changed;
    },
    finishIfPending(taskId: string, end: TaskEnd): boolean {
      return finishPending.run({ id: taskId, ...endValues(end) }).changes === 1;
    },
    putBackIfLeased(lease: Lease, back: PutBack): boolean {
      const values = { ...fence(lease), at: back.at, dueAt: back.dueAt, giveBack: back.usesTry ? 0 : 1 };
      const changed = putBack.run(values).changes === 1;
      if (changed) close(lease.taskId, back.attempt, back.at);
      return changed;
    },
    ping(): void {},
  };
}

function fence(lease: Lease) {
  return { id: lease.taskId, token: lease.token, expiredBy: lease.expiredBy ?? Number.MAX_SAFE_INTEGER };
}

function endValues({ at, outcome, view }: TaskEnd) {
  return {
    at,
    state: outcome.state,
    result: outcome.state === 'succeeded' ? JSON.stringify(outcome.result) : null,
    failure: outcome.state === 'error' ? JSON.stringify(outcome.failure) : null,
    viewKey: view.key,
    view: view.text,
  };
}
