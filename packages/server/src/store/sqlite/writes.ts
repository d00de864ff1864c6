// Statements that change tasks and attempts, one named function each, run by the writer thread.
// Arguments and results cross a thread boundary, so they are plain values: JSON stays text on the way.

import type { DatabaseSync } from 'node:sqlite';
import type {
  AttemptCall,
  AttemptEnd,
  Lease,
  PutBack,
  TaskEnd,
  TaskStore,
} from '../../core/tasks/task-store.ts';
import type { TaskState } from '../../core/tasks/task.ts';
import { endEvent } from '../../core/webhooks/webhook.ts';
import { createInsertWrites } from './insert-writes.ts';
import type { Row } from './rows.ts';
import { createCount } from './statistics-writes.ts';
import { createEnqueue } from './webhook-writes.ts';

/** The fence of every write by a holder or rescuer of a lease. */
const leased = `id = :id AND state = 'running' AND lease_token = :token AND lease_expires_at <= :expiredBy`;

export type Writes = ReturnType<typeof createWrites>;

export function createWrites(database: DatabaseSync) {
  countChanges(database);
  const enqueue = createEnqueue(database);
  const count = createCount(database);
  const take = (which: string) =>
    database.prepare(`UPDATE tasks SET state = 'running', changed = next_change(), updated_at = max(updated_at, :now), progress = 0, tries_used = tries_used + 1,
       lease_token = lower(hex(randomblob(16))), lease_expires_at = :expiresAt
     WHERE id IN (SELECT id FROM tasks WHERE state = 'pending' AND ${which} AND due_at <= :now AND deadline_at > :now
                    AND cancel_requested_at IS NULL
                  ORDER BY due_at, id LIMIT :limit)
     RETURNING *`);
  const takeByNeed = take('model = :model AND inputs = :inputs');
  const takeOperations = take(
    'id IN (SELECT task_id FROM attempts WHERE outcome IS NULL AND operation IS NOT NULL)',
  );
  const attemptsOf = database.prepare('SELECT * FROM attempts WHERE task_id = ? ORDER BY number');
  const renew = database.prepare(
    `UPDATE tasks SET lease_expires_at = :expiresAt, progress = :progress,
       changed = iif(progress = :progress, changed, next_change()),
       updated_at = iif(progress = :progress, updated_at, max(updated_at, :now)) WHERE ${leased}
     RETURNING cancel_requested_at`,
  );
  const isLeased = database.prepare(`SELECT 1 FROM tasks WHERE ${leased}`);
  // Its attempts are shown with the task.
  const noteAttempt = database.prepare(`UPDATE tasks SET changed = next_change() WHERE ${leased}`);
  const openAttempt = database.prepare(
    `INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at)
     VALUES (:id, 1 + (SELECT count(*) FROM attempts WHERE task_id = :id), :upstream, :upstreamModel, :credential, :at) RETURNING *`,
  );
  const saveOperation = database.prepare(
    `UPDATE attempts SET operation = ? WHERE task_id = ? AND outcome IS NULL`,
  );
  const saveInputs = database.prepare(
    `UPDATE tasks SET request = json_set(request, '$.inputs', json(:inputs)) WHERE ${leased}`,
  );
  const closeAttempt = database.prepare(
    `UPDATE attempts SET outcome = ?, failure = ?, maybe_billed = ?, usage = ?, cost_micro_usd = ?, finished_at = max(started_at, ?)
     WHERE task_id = ? AND outcome IS NULL`,
  );
  const ended = `state = :state, changed = next_change(), result = :result, failure = :failure, finished_at = max(updated_at, :at), updated_at = max(updated_at, :at),
       progress = iif(:state = 'succeeded', 1, 0), lease_token = NULL, lease_expires_at = NULL,
       view_key = :viewKey, view = :view`;
  const finishLeased = database.prepare(`UPDATE tasks SET ${ended} WHERE ${leased}`);
  const finishPending = database.prepare(
    `UPDATE tasks SET ${ended} WHERE id = :id AND state = 'pending' AND changed = coalesce(:changed, changed)`,
  );
  const putBack = database.prepare(
    `UPDATE tasks SET state = 'pending', changed = next_change(), updated_at = max(updated_at, :at), due_at = :dueAt, progress = 0,
       tries_used = tries_used - :giveBack, lease_token = NULL, lease_expires_at = NULL WHERE ${leased}`,
  );
  const requestCancel = database.prepare(
    `UPDATE tasks SET cancel_requested_at = coalesce(cancel_requested_at, :at), changed = next_change(),
       updated_at = max(updated_at, :at) WHERE id = :id AND state = 'running'`,
  );

  const markDeleted = database.prepare(
    `UPDATE tasks SET pictures_deleted_at = ? WHERE id = ? AND state = 'succeeded'`,
  );
  const deleteFinished = database.prepare(
    `DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE finished_at <= ?
       AND (state = 'error' OR pictures_deleted_at IS NOT NULL) ORDER BY finished_at LIMIT ?) RETURNING id, state`,
  );
  // What JSON is taken apart into has an id too.
  const finalTask = `tasks.id = :id AND key_id = :keyId AND finished_at IS NOT NULL`;
  const notePictures = database.prepare(
    `INSERT OR REPLACE INTO pictures_to_delete (key, noted_at)
     SELECT picture.value ->> '$.key', :at FROM tasks, json_each(tasks.result, '$.pictures') AS picture
     WHERE ${finalTask} AND pictures_deleted_at IS NULL RETURNING key`,
  );
  const deleteFinal = database.prepare(`DELETE FROM tasks WHERE ${finalTask} RETURNING state`);
  const forgetPicture = database.prepare('DELETE FROM pictures_to_delete WHERE key = ?');

  function close(taskId: string, attempt: AttemptEnd | undefined, at: number): void {
    if (attempt === undefined) return;
    const { outcome, failure, maybeBilled, usage, costMicroUsd } = attempt;
    closeAttempt.run(outcome, toJson(failure), maybeBilled ? 1 : 0, toJson(usage), costMicroUsd, at, taskId);
  }

  function noteEnd(taskId: string, { attempt, at, outcome }: TaskEnd): void {
    close(taskId, attempt, at);
    enqueue(taskId, endEvent(outcome), at);
    count.ended(taskId, outcome);
  }

  function toTaken(now: number) {
    return (task: Row): { task: Row; attempts: Row[] } => {
      const id = String(task['id']);
      enqueue(id, 'task.running', now);
      return { task, attempts: attemptsOf.all(id) };
    };
  }

  return {
    ...createInsertWrites(database, count),
    takeDue({ needs, now, leaseMs }: Parameters<TaskStore['takeDue']>[0]) {
      return needs.flatMap((need) =>
        takeByNeed.all({ ...need, now, expiresAt: now + leaseMs }).map(toTaken(now)),
      );
    },
    takeOperations({ limit, now, leaseMs }: Parameters<TaskStore['takeOperations']>[0]) {
      return takeOperations.all({ limit, now, expiresAt: now + leaseMs }).map(toTaken(now));
    },
    openAttempt(lease: Lease, call: AttemptCall): Row | null {
      if (noteAttempt.run(fence(lease)).changes === 0) return null;
      return openAttempt.get({ id: lease.taskId, ...call }) ?? null;
    },
    closeAttempt(lease: Lease, at: number, end: AttemptEnd): boolean {
      if (noteAttempt.run(fence(lease)).changes === 0) return false;
      close(lease.taskId, end, at);
      return true;
    },
    saveOperation(lease: Lease, operation: string): boolean {
      if (isLeased.get(fence(lease)) === undefined) return false;
      saveOperation.run(operation, lease.taskId);
      return true;
    },
    saveInputs(lease: Lease, inputs: string): boolean {
      return saveInputs.run({ ...fence(lease), inputs }).changes === 1;
    },
    renewLeases(
      leases: readonly { lease: Lease; progress: number }[],
      { now, leaseMs }: { now: number; leaseMs: number },
    ): { lost: string[]; cancelled: string[] } {
      const lost: string[] = [];
      const cancelled: string[] = [];
      for (const { lease, progress } of leases) {
        const row = renew.get({ ...fence(lease), progress, now, expiresAt: now + leaseMs });
        if (row === undefined) lost.push(lease.taskId);
        else if (row['cancel_requested_at'] !== null) cancelled.push(lease.taskId);
      }
      return { lost, cancelled };
    },
    finishIfLeased(lease: Lease, end: TaskEnd): boolean {
      const changed = finishLeased.run({ ...fence(lease), ...endValues(end) }).changes === 1;
      if (changed) noteEnd(lease.taskId, end);
      return changed;
    },
    finishIfPending(taskId: string, end: TaskEnd, changed: number | null): boolean {
      const done = finishPending.run({ id: taskId, changed, ...endValues(end) }).changes === 1;
      if (done) noteEnd(taskId, end);
      return done;
    },
    requestCancel(taskId: string, at: number): boolean {
      return requestCancel.run({ id: taskId, at }).changes === 1;
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
    deleteFinished({ finishedBy, limit }: { finishedBy: number; limit: number }) {
      return deleteFinished.all(finishedBy, limit) as { id: string; state: TaskState }[];
    },
    deleteIfFinal(id: string, keyId: string, at: number): { state: TaskState; pictures: string[] } | null {
      const pictures = notePictures.all({ id, keyId, at }).map(({ key }) => String(key));
      const row = deleteFinal.get({ id, keyId });
      return row === undefined ? null : { state: row['state'] as TaskState, pictures };
    },
    forgetPictures(keys: readonly string[]): void {
      for (const key of keys) forgetPicture.run(key);
    },
    ping(): void {},
  };
}

/**
 * Gives SQL `next_change()`, a number larger than any before. Where the tasks with the largest ones were deleted before a
 * restart, the time is larger: it is in milliseconds, and no store changes a thousand times a second for years.
 */
function countChanges(database: DatabaseSync): void {
  // From key to key through the index, however many tasks each has.
  const latest = database
    .prepare(
      `WITH RECURSIVE keys (id) AS (
         SELECT min(key_id) FROM tasks
         UNION ALL SELECT (SELECT min(key_id) FROM tasks WHERE key_id > keys.id) FROM keys WHERE keys.id IS NOT NULL)
       SELECT max((SELECT max(changed) FROM tasks WHERE key_id = keys.id)) AS changed FROM keys`,
    )
    .get();
  let last = Math.max(Number(latest?.['changed'] ?? 0), Date.now());
  database.function('next_change', () => (last += 1));
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
