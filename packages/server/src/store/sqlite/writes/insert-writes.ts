// Statements that insert tasks, and that keep the answers to requests which may come again.

import type { StoredAnswer, NewTask } from '../../../core/tasks/task-store.ts';
import { numberOfTaskId } from '../../../lib/ids.ts';
import { prepareFindAnswer } from '../reads/task-reads.ts';
import type { WriteParts } from './write-parts.ts';

/** A new task as it crosses to the writer's thread. */
export interface TaskToInsert extends Omit<NewTask, 'request'> {
  /** As JSON. */
  request: string;
  /** Parts of the request that have columns of their own. */
  inputs: number;
  expiresInMs: number | null;
  callsBack: 0 | 1;
}

/**
 * Number of a new task's row, by which the status read finds it without the index of ids: the one that its id begins with, `:number`. Rows
 * keep the order in which they were inserted, so where a clock was set back, SQLite gives the next number instead, as it does for `NULL`.
 */
export const numberOfNewRow = 'iif(:number > (SELECT ifnull(max(rowid), 0) FROM tasks), :number, NULL)';

export function createInsertWrites({ database, note, count }: WriteParts) {
  const insertTask = database.prepare(
    `INSERT INTO tasks (rowid, id, key_id, owner_id, priority, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, expires_in_ms, batch_id,
       calls_back, changed, request)
     VALUES (${numberOfNewRow}, :id, :keyId, :ownerId, :priority, 'pending', :action, :model, :inputs, :createdAt, :createdAt, :createdAt, :deadlineAt, :expiresInMs, :batchId,
       :callsBack, next_change(), :request)`,
  );
  const findAnswer = prepareFindAnswer(database);
  const storeAnswer = database.prepare(
    `INSERT OR REPLACE INTO kept_answers (key_id, idempotency_key, request_hash, answer, expires_at)
     VALUES (:keyId, :idempotencyKey, :requestHash, :answer, :expiresAt)`,
  );

  function insertTasks(tasks: readonly TaskToInsert[], once: StoredAnswer | null): StoredAnswer | null {
    if (once !== null) {
      const kept = findAnswer(once.keyId, once.idempotencyKey, tasks[0]?.createdAt ?? 0);
      if (kept !== null) return kept;
      storeAnswer.run({ ...once });
    }
    for (const task of tasks) {
      const { ownerId = task.keyId, priority = 0, batchId = null } = task;
      insertTask.run({ ...task, ownerId, priority, batchId, number: numberOfTaskId(task.id) });
      note({ taskId: task.id, keyId: task.keyId, state: 'pending' });
    }
    count.submitted(tasks);
    return null;
  }

  /** Batches that arrive in slices. Nothing of them is in the database yet; a slice that comes again takes its own place. */
  const staged = new Map<number, (readonly TaskToInsert[])[]>();

  return {
    insertTasks,
    stageTasks(stage: number, slice: number, tasks: readonly TaskToInsert[]): void {
      const slices = staged.get(stage) ?? [];
      slices[slice] = tasks;
      staged.set(stage, slices);
    },
    insertStagedTasks: (stage: number, once: StoredAnswer | null) =>
      insertTasks((staged.get(stage) ?? []).flat(), once),
    /** Apart from the insertion, which is done again where another write of its group fails. */
    dropStagedTasks: (stage: number): void => void staged.delete(stage),
  };
}
