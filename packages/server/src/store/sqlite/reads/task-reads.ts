// Statements that read tasks one by one, in batches and by their changes.

import type { DatabaseSync } from 'node:sqlite';
import type { Task } from '../../../core/tasks/task.ts';
import type { StatusSource, TaskReads } from '../../../core/tasks/task-reads.ts';
import type { StoredAnswer, TaskIntake, TimeOnRecord } from '../../../core/tasks/task-store.ts';
import { numberOfTaskId } from '../../../lib/ids.ts';
import { behindAllIds } from '../../list-filter.ts';
import type { Synchronous } from '../asynchronous.ts';
import { prepareFindTries } from '../tries.ts';
import { answerColumns } from '../../rows.ts';
import type { Snapshot } from '../snapshot.ts';
import { createToWholeTask } from './whole-task.ts';

type BatchTask = Pick<Task, 'id' | 'state' | 'createdAt' | 'progress'>;

export function createTaskReads(
  database: DatabaseSync,
): Synchronous<
  Pick<TaskReads, 'keyOfTask' | 'keyOfBatch' | 'find' | 'batch' | 'changedSince' | 'latestChange'>
> {
  const taskById = database.prepare('SELECT * FROM tasks WHERE id = ?');
  const taskOfKey = database.prepare('SELECT * FROM tasks WHERE id = ? AND key_id = ?');
  const keyOfTask = database.prepare(
    'SELECT key_id AS keyId FROM tasks WHERE id = ? AND coalesce(owner_id, key_id) = ?',
  );
  const keyOfBatch = database.prepare(
    'SELECT key_id AS keyId FROM tasks WHERE batch_id = ? AND coalesce(owner_id, key_id) = ? LIMIT 1',
  );
  const ofBatch = database.prepare(
    'SELECT id, state, created_at AS createdAt, progress FROM tasks WHERE batch_id = ? AND key_id = ? ORDER BY rowid',
  );
  // Tasks that came from a store where many change at once may share a number.
  const changedSince = database.prepare(
    `SELECT * FROM tasks WHERE key_id = :keyId AND changed >= :changed AND (changed > :changed OR id > :afterId)
     ORDER BY changed, id LIMIT :limit`,
  );
  const latestChange = database.prepare('SELECT max(changed) AS changed FROM tasks WHERE key_id = ?');
  const toWholeTask = createToWholeTask(database);

  return {
    find(id, keyId) {
      const row = keyId === undefined ? taskById.get(id) : taskOfKey.get(id, keyId);
      return row === undefined ? null : toWholeTask(row);
    },
    keyOfTask: (id, ownerId) => (keyOfTask.get(id, ownerId)?.['keyId'] as string | undefined) ?? null,
    keyOfBatch: (id, ownerId) => (keyOfBatch.get(id, ownerId)?.['keyId'] as string | undefined) ?? null,
    batch: (batchId, keyId) => ofBatch.all(batchId, keyId) as unknown as BatchTask[],
    changedSince: (keyId, changed, limit, afterId = behindAllIds) =>
      changedSince.all({ keyId, changed, limit, afterId }).map(toWholeTask),
    latestChange: (keyId) => Number(latestChange.get(keyId)?.['changed'] ?? 0),
  };
}

/** The busiest read. `find` gives the tasks that have no view of that key. */
export function createStatusRead(
  database: DatabaseSync,
  snapshot: Pick<Snapshot, 'begin'>,
  find: (id: string) => Task | null,
): (id: string, viewKey: string, keyId: string) => StatusSource | null {
  const byNumber = prepareViewRead(database, 'rowid');
  const byId = prepareViewRead(database, 'id');
  return (id, viewKey, keyId) => {
    snapshot.begin();
    // Without the index of ids: 3.8 instead of 6 µs among a million. Rows of earlier versions have other numbers, and two ids may share one.
    let row = byNumber(numberOfTaskId(id), keyId);
    if (row?.[0] !== id) row = byId(id, keyId);
    if (row === undefined) return null;
    const [, key, view] = row;
    if (key === viewKey && view !== null) return { keyId, view };
    const task = find(id);
    return task === null ? null : { keyId, task };
  };
}

type ViewRow = [id: string, viewKey: string | null, view: string | null];

function prepareViewRead(database: DatabaseSync, column: 'id' | 'rowid') {
  const read = database.prepare(`SELECT id, view_key, view FROM tasks WHERE ${column} = ? AND key_id = ?`);
  // Arrays instead of objects: no property names to build.
  read.setReturnArrays(true);
  return (value: string | number, keyId: string) => read.get(value, keyId) as unknown as ViewRow | undefined;
}

/** Finds the answer that was kept for an earlier request of the key. */
export function prepareFindAnswer(database: DatabaseSync): Synchronous<TaskIntake>['findAnswer'] {
  const find = database.prepare(
    `SELECT ${answerColumns} FROM kept_answers WHERE key_id = ? AND idempotency_key = ? AND expires_at > ?`,
  );
  return (...terms) => (find.get(...terms) as StoredAnswer | undefined) ?? null;
}

export function createIntakeReads(
  database: DatabaseSync,
): Synchronous<
  Pick<TaskIntake, 'findAnswer' | 'findTries' | 'countPending'> & Pick<TimeOnRecord, 'latestTime'>
> {
  const findAnswer = prepareFindAnswer(database);
  const countPending = database.prepare(`SELECT count(*) AS count FROM tasks WHERE state = 'pending'`);
  const latestTime = database.prepare('SELECT updated_at AS at FROM tasks ORDER BY rowid DESC LIMIT 1');

  return {
    findAnswer,
    findTries: prepareFindTries(database),
    countPending: () => Number(countPending.get()?.['count']),
    latestTime: () => Number(latestTime.get()?.['at'] ?? 0),
  };
}
