// Statements that insert tasks, and that keep the answers to requests which may come again.

import type { DatabaseSync } from 'node:sqlite';
import type { Gate, Refusal } from '../../../core/limits/judge-submit.ts';
import type { Inserted, NewAnswer, NewTask } from '../../../core/tasks/task-store.ts';
import { noPrice } from '../../../core/ledger/money.ts';
import { numberOfTaskId } from '../../../lib/ids.ts';
import type { Reservation } from '../ledger/entries.ts';
import { prepareFindAnswer } from '../reads/task-reads.ts';
import { createJudge, type JudgedTask } from '../ledger/gate.ts';
import { createTryWrites } from '../tries.ts';
import type { WriteParts } from './write-parts.ts';

/** A new task as it crosses to the writer's thread. */
export interface TaskToInsert extends Omit<NewTask, 'request'> {
  /** As JSON. */
  request: string;
  /** Parts of the request that have columns of their own. */
  inputs: number;
  pictures: number;
  expiresInMs: number | null;
  callsBack: 0 | 1;
}

/**
 * Number of a new task's row, by which the status read finds it without the index of ids: the one that its id begins with, `:number`. Rows
 * keep the order in which they were inserted, so where a clock was set back, SQLite gives the next number instead, as it does for `NULL`.
 */
export const numberOfNewRow = 'iif(:number > (SELECT ifnull(max(rowid), 0) FROM tasks), :number, NULL)';

export function createInsertWrites({ database, note, count, lanes, ledger }: WriteParts) {
  const insertTask = prepareInsert(database);
  const findAnswer = prepareFindAnswer(database);
  const storeAnswer = database.prepare(
    `INSERT OR REPLACE INTO kept_answers (key_id, idempotency_key, request_hash, answer, expires_at, held_by, held_at)
     VALUES (:keyId, :idempotencyKey, :requestHash, :answer, :expiresAt, :heldBy, :heldAt)`,
  );
  const { repeatOther, ...tries } = createTryWrites(database);

  const judge = createJudge(database);

  function insertTasks(tasks: readonly TaskToInsert[], once: NewAnswer | null, gate: Gate | null): Inserted {
    const now = tasks[0]?.createdAt ?? 0;
    const kept = once && findAnswer(once.keyId, once.idempotencyKey, now);
    if (kept !== null) return { kind: 'repeated', answer: kept };
    const other = once && repeatOther(once, now);
    if (other !== null) return other;
    const { refusal, isLimited } = judge(tasks, gate);
    if (refusal !== null) return { kind: 'refused', refusal };
    if (once !== null) {
      const { ofTry, ...answer } = once;
      const heldBy = ofTry?.heldBy ?? null;
      storeAnswer.run({ ...answer, heldBy, heldAt: heldBy === null ? null : (ofTry?.at ?? null) });
    }
    ledger.reserve(tasks.flatMap((task) => insertTask(task, isLimited) ?? []));
    for (const { id, keyId, ownerId = keyId, model, inputs } of tasks) {
      note({ taskId: id, keyId, state: 'pending' });
      lanes.join({ model, inputs, ownerId });
    }
    count.submitted(tasks);
    return { kind: 'inserted' };
  }

  /** Batches that arrive in slices. Nothing of them is in the database yet; a slice that comes again takes its own place. */
  const staged = new Map<number, (readonly TaskToInsert[])[]>();

  return {
    ...tries,
    insertTasks,
    stageTasks(stage: number, slice: number, tasks: readonly TaskToInsert[]): void {
      const slices = staged.get(stage) ?? [];
      slices[slice] = tasks;
      staged.set(stage, slices);
    },
    insertStagedTasks: (stage: number, once: NewAnswer | null, gate: Gate | null) =>
      insertTasks((staged.get(stage) ?? []).flat(), once, gate),
    judge: (tasks: readonly JudgedTask[], gate: Gate): Refusal | null => judge(tasks, gate).refusal,
    /** Apart from the insertion, which is done again where another write of its group fails. */
    dropStagedTasks: (stage: number): void => void staged.delete(stage),
  };
}

/** Inserts a task; gives what it reserves, `null` for a free task of whom nothing limits. */
function prepareInsert(
  database: DatabaseSync,
): (task: TaskToInsert, isLimited: boolean) => Reservation | null {
  const insert = database.prepare(
    `INSERT INTO tasks (rowid, id, key_id, owner_id, priority, state, queued, action, model, inputs, created_at, updated_at, due_at, deadline_at, expires_in_ms, batch_id,
       calls_back, picture_count, estimated_micro_usd, unit_micro_usd, reserved_micro_usd, changed, request)
     VALUES (${numberOfNewRow}, :id, :keyId, :ownerId, :priority, 'pending', 'ready', :action, :model, :inputs, :createdAt, :createdAt, :createdAt, :deadlineAt, :expiresInMs, :batchId,
       :callsBack, :pictures, :estimatedMicroUsd, :unitMicroUsd, :reservedMicroUsd, next_change(), :request)`,
  );
  return ({ price = noPrice, ...task }, isLimited) => {
    const { id, keyId, createdAt, ownerId = keyId, priority = 0, batchId = null } = task;
    const amount = price.estimatedMicroUsd ?? 0;
    const reservedMicroUsd = isLimited || amount > 0 ? amount : null;
    const given = { ...task, ...price, ownerId, priority, batchId, reservedMicroUsd };
    insert.run({ ...given, number: numberOfTaskId(id) });
    const { pictures } = task;
    return reservedMicroUsd === null ? null : { id, keyId, ownerId, createdAt, reservedMicroUsd, pictures };
  };
}
