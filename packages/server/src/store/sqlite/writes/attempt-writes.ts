// Statements that write what a running task's worker does: its attempts, their operations, the inputs that it fetched.

import type { DatabaseSync } from 'node:sqlite';
import type { StoredOperation, TaskInput } from '../../../core/tasks/task.ts';
import type { AttemptCall, AttemptEnd, Lease } from '../../../core/tasks/task-queue.ts';
import { changedColumns, changeOf, type Row, toJson } from '../../rows.ts';
import { fence, leased } from './lease-fence.ts';
import type { WriteParts } from './write-parts.ts';

export function createAttemptWrites({ database, note }: WriteParts) {
  const isLeased = database.prepare(`SELECT 1 FROM tasks WHERE ${leased}`);
  // Its attempts are shown with the task.
  const noteAttempt = database.prepare(
    `UPDATE tasks SET changed = next_change() WHERE ${leased} RETURNING ${changedColumns}`,
  );
  const openAttempt = createOpenAttempt(database);
  const saveOperation = database.prepare(
    `UPDATE attempts SET operation = ? WHERE task_id = ? AND outcome IS NULL AND number = coalesce(?, number)`,
  );
  const saveInputs = database.prepare(
    `UPDATE tasks SET request = json_set(request, '$.inputs', json(:inputs)) WHERE ${leased}`,
  );
  const close = createCloseAttempt(database);

  /** False when the lease is lost. */
  function changeAttempt(lease: Lease): boolean {
    const row = noteAttempt.get(fence(lease));
    if (row !== undefined) note(changeOf(row));
    return row !== undefined;
  }

  return {
    openAttemptIfLeased(lease: Lease, call: AttemptCall): Row | null {
      return changeAttempt(lease) ? openAttempt(lease.taskId, call) : null;
    },
    closeAttemptIfLeased(lease: Lease, at: number, end: AttemptEnd, number?: number): boolean {
      if (!changeAttempt(lease)) return false;
      close(lease.taskId, end, at, number);
      return true;
    },
    saveOperationIfLeased(lease: Lease, operation: StoredOperation, number?: number): boolean {
      if (isLeased.get(fence(lease)) === undefined) return false;
      saveOperation.run(toJson(operation), lease.taskId, number ?? null);
      return true;
    },
    saveInputsIfLeased(lease: Lease, inputs: readonly TaskInput[]): boolean {
      return saveInputs.run({ ...fence(lease), inputs: toJson(inputs) }).changes === 1;
    },
  };
}

/** Opens the next attempt of a task that has none open, or none of these pictures. */
export function createOpenAttempt(database: DatabaseSync): (taskId: string, call: AttemptCall) => Row {
  const open = database.prepare(
    `INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at, indices)
     VALUES (:id, 1 + (SELECT count(*) FROM attempts WHERE task_id = :id), :upstream, :upstreamModel, :credential, :at, :indices) RETURNING *`,
  );
  return (id, { indices = null, ...call }) => open.get({ id, ...call, indices: toJson(indices) }) as Row;
}

/** Closes the open attempts of a task, or that with this number, if one is open and an end is given. */
export function createCloseAttempt(
  database: DatabaseSync,
): (taskId: string, end: AttemptEnd | undefined, at: number, number?: number) => void {
  const close = database.prepare(
    `UPDATE attempts SET outcome = ?, failure = ?, maybe_billed = ?, usage = ?, cost_micro_usd = ?, finished_at = max(started_at, ?),
       brought = ?, next_call = ?
     WHERE task_id = ? AND outcome IS NULL AND number = coalesce(?, number)`,
  );
  return (taskId, end, at, number) => {
    if (end === undefined) return;
    const { outcome, failure, maybeBilled, usage, costMicroUsd, brought = null, next = null } = end;
    const known = [outcome, toJson(failure), maybeBilled ? 1 : 0, toJson(usage), costMicroUsd, at];
    close.run(...known, toJson(brought), toJson(next), taskId, number ?? null);
  };
}
