// Every statement that changes tasks and attempts, one named function each, run by the writer thread.
// Arguments and results cross a thread boundary, so they are plain values: JSON stays text on the way.

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type {
  AttemptCall,
  AttemptEnd,
  Lease,
  NewTask,
  PutBack,
  TaskEnd,
  TaskStore,
} from '../../core/task-store.ts';

type Row = Record<string, SQLOutputValue>;

/** The fence of every write by a holder or rescuer of a lease. */
const leased = `id = :id AND state = 'running' AND lease_token = :token AND lease_expires_at <= :expiredBy`;

export type Writes = ReturnType<typeof createWrites>;

export function createWrites(database: DatabaseSync) {
  const insertTask = database.prepare(
    `INSERT INTO tasks (id, key_id, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, expires_in_ms, request)
     VALUES (?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const take = (which: string) =>
    database.prepare(`UPDATE tasks SET state = 'running', updated_at = max(updated_at, :now), progress = 0, tries_used = tries_used + 1,
       lease_token = lower(hex(randomblob(16))), lease_expires_at = :expiresAt
     WHERE id IN (SELECT id FROM tasks WHERE state = 'pending' AND ${which} AND due_at <= :now AND deadline_at > :now
                  ORDER BY due_at, id LIMIT :limit)
     RETURNING *`);
  const takeByNeed = take('model = :model AND inputs = :inputs');
  const takeJobs = take(
    'id IN (SELECT task_id FROM attempts WHERE outcome IS NULL AND operation IS NOT NULL)',
  );
  const attemptsOf = database.prepare('SELECT * FROM attempts WHERE task_id = ? ORDER BY number');
  const renew = database.prepare(
    `UPDATE tasks SET lease_expires_at = :expiresAt, progress = :progress,
       updated_at = iif(progress = :progress, updated_at, max(updated_at, :now)) WHERE ${leased}`,
  );
  const isLeased = database.prepare(`SELECT 1 FROM tasks WHERE ${leased}`);
  const openAttempt = database.prepare(
    `INSERT INTO attempts (task_id, number, upstream, upstream_model, account, started_at)
     VALUES (:id, 1 + (SELECT count(*) FROM attempts WHERE task_id = :id), :upstream, :upstreamModel, :account, :at) RETURNING *`,
  );
  const saveOperation = database.prepare(
    `UPDATE attempts SET operation = ? WHERE task_id = ? AND outcome IS NULL`,
  );
  const closeAttempt = database.prepare(
    `UPDATE attempts SET outcome = ?, failure = ?, maybe_billed = ?, usage = ?, cost_micro_usd = ?, finished_at = max(started_at, ?)
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

  const markDeleted = database.prepare(
    `UPDATE tasks SET pictures_deleted_at = ? WHERE id = ? AND state = 'succeeded'`,
  );
  const deleteFinished = database.prepare(
    `DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE finished_at <= ?
       AND (state = 'error' OR pictures_deleted_at IS NOT NULL) ORDER BY finished_at LIMIT ?)`,
  );

  function close(taskId: string, attempt: AttemptEnd | undefined, at: number): void {
    if (attempt === undefined) return;
    const { outcome, failure, maybeBilled, usage, costMicroUsd } = attempt;
    closeAttempt.run(outcome, toJson(failure), maybeBilled ? 1 : 0, toJson(usage), costMicroUsd, at, taskId);
  }

  function withAttempts(task: Row): { task: Row; attempts: Row[] } {
    return { task, attempts: attemptsOf.all(String(task['id'])) };
  }

  return {
    /** `request` is the task's request as JSON text; `asked` is what of it has columns of its own. */
    insertTask(
      task: Omit<NewTask, 'request'>,
      asked: { inputs: number; expiresInMs: number | null },
      request: string,
    ): void {
      const { id, keyId, action, model, createdAt, deadlineAt } = task;
      const { inputs, expiresInMs } = asked;
      const times = [createdAt, createdAt, createdAt, deadlineAt, expiresInMs];
      insertTask.run(id, keyId, action, model, inputs, ...times, request);
    },
    takeDue({ needs, now, leaseMs }: Parameters<TaskStore['takeDue']>[0]) {
      return needs.flatMap((need) =>
        takeByNeed.all({ ...need, now, expiresAt: now + leaseMs }).map(withAttempts),
      );
    },
    takeJobs({ limit, now, leaseMs }: Parameters<TaskStore['takeJobs']>[0]) {
      return takeJobs.all({ limit, now, expiresAt: now + leaseMs }).map(withAttempts);
    },
    openAttempt(lease: Lease, call: AttemptCall): Row | null {
      if (isLeased.get(fence(lease)) === undefined) return null;
      return openAttempt.get({ id: lease.taskId, ...call }) ?? null;
    },
    closeAttempt(lease: Lease, at: number, end: AttemptEnd): boolean {
      if (isLeased.get(fence(lease)) === undefined) return false;
      close(lease.taskId, end, at);
      return true;
    },
    saveOperation(lease: Lease, operation: string): boolean {
      if (isLeased.get(fence(lease)) === undefined) return false;
      saveOperation.run(operation, lease.taskId);
      return true;
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
      const changed = finishPending.run({ id: taskId, ...endValues(end) }).changes === 1;
      if (changed) close(taskId, end.attempt, end.at);
      return changed;
    },
    putBackIfLeased(lease: Lease, back: PutBack): boolean {
      const values = { ...fence(lease), at: back.at, dueAt: back.dueAt, giveBack: back.usesTry ? 0 : 1 };
      const changed = putBack.run(values).changes === 1;
      if (changed) close(lease.taskId, back.attempt, back.at);
      return changed;
    },
    markPicturesDeleted(taskIds: readonly string[], at: number): void {
      for (const id of taskIds) markDeleted.run(at, id);
    },
    deleteFinished({ finishedBy, limit }: { finishedBy: number; limit: number }): number {
      return Number(deleteFinished.run(finishedBy, limit).changes);
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
    result: toJson(outcome.state === 'succeeded' ? outcome.result : null),
    failure: toJson(outcome.state === 'error' ? outcome.failure : null),
    viewKey: view.key,
    view: view.text,
  };
}

function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
