// Statements by which tasks and their pictures go.

import type { DeletedPrompts, InputLifetime, TaskRetention } from '../../../core/tasks/task-retention.ts';
import type { TaskResult } from '../../../core/tasks/task.ts';
import { isFree } from './claims.ts';
import { changedColumns, changeOf, type Row } from '../../rows.ts';
import { deletedUpTo } from '../../deleted-up-to.ts';
import { createTellDeletions } from './enqueue.ts';
import type { WriteParts } from './write-parts.ts';

type Options<Name extends keyof TaskRetention> = Parameters<TaskRetention[Name]>[0];

export function createRetentionWrites(parts: WriteParts) {
  return { ...pictureWrites(parts), ...recordWrites(parts), ...promptWrites(parts), ...inputReads(parts) };
}

/** Reads, which go over all that waits, in the thread that holds up no answer. */
function inputReads({ database }: Pick<WriteParts, 'database'>) {
  const lifetime = database.prepare('SELECT input_lifetime AS lifetime FROM installation');
  const oldest = database.prepare(
    `SELECT min(created_at) AS oldest FROM (
       SELECT created_at FROM tasks INDEXED BY tasks_waiting WHERE state = 'pending' AND inputs > 0
       UNION ALL SELECT created_at FROM tasks INDEXED BY tasks_lease WHERE state = 'running' AND inputs > 0)`,
  );
  return {
    defaultInputLifetime: (): InputLifetime => lifetime.get()?.['lifetime'] as InputLifetime,
    oldestOpenWithInputs: (): number | null => oldest.get()?.['oldest'] as number | null,
  };
}

function pictureWrites({ database, note }: WriteParts) {
  // By their own indexes: the one of all final tasks would go through every record whose pictures are gone.
  const present = `state = 'succeeded' AND pictures_deleted_at IS NULL AND ${isFree}`;
  const claimExpired = database.prepare(
    `UPDATE tasks SET claimed_until = :until WHERE id IN (
       SELECT id FROM tasks INDEXED BY tasks_pictures WHERE ${present} AND expires_in_ms IS NULL AND finished_at <= :finishedBy
       UNION ALL
       SELECT id FROM tasks INDEXED BY tasks_pictures_asked
       WHERE ${present} AND expires_in_ms IS NOT NULL AND finished_at + expires_in_ms <= :now
       LIMIT :limit) RETURNING id, result`,
  );
  const markDeleted = database.prepare(
    `UPDATE tasks SET pictures_deleted_at = ?, claimed_until = NULL WHERE id = ? AND state = 'succeeded' RETURNING ${changedColumns}`,
  );
  const claimNoted = database.prepare(
    `UPDATE pictures_to_delete SET noted_at = :now
     WHERE key IN (SELECT key FROM pictures_to_delete WHERE noted_at <= :notedBy ORDER BY noted_at LIMIT :limit) RETURNING key`,
  );
  const forget = database.prepare('DELETE FROM pictures_to_delete WHERE key = ?');

  return {
    claimExpiredPictures({ now, retentionMs, claimMs, limit }: Options<'claimExpiredPictures'>) {
      const rows = claimExpired.all({ now, until: now + claimMs, finishedBy: now - retentionMs, limit });
      return rows.map((row) => {
        const { pictures } = JSON.parse(String(row['result'])) as TaskResult;
        return { taskId: String(row['id']), pictures: pictures.map(({ key }) => key) };
      });
    },
    markPicturesDeleted(taskIds: readonly string[], at: number): void {
      for (const id of taskIds) markDeleted.all(at, id).forEach((row) => note(changeOf(row)));
    },
    claimPicturesToDelete({ notedBy, now, limit }: Options<'claimPicturesToDelete'>): string[] {
      return claimNoted.all({ notedBy, now, limit }).map(({ key }) => String(key));
    },
    forgetPictures(keys: readonly string[]): void {
      for (const key of keys) forget.run(key);
    },
  };
}

function promptWrites({ database }: WriteParts) {
  const findLast = database.prepare(
    `SELECT finished_at AS at FROM tasks INDEXED BY tasks_finished
     WHERE finished_at > :after AND finished_at <= :finishedBy ORDER BY finished_at LIMIT 1 OFFSET :before`,
  );
  const deletePrompts = database.prepare(
    `UPDATE tasks SET prompt_deleted_at = :at, request = json_set(request, '$.prompt', '', '$.promptDeleted', json('true'))
     WHERE id IN (SELECT id FROM tasks INDEXED BY tasks_finished
       WHERE finished_at > :after AND finished_at <= :last AND prompt_deleted_at IS NULL ORDER BY finished_at LIMIT :limit)
     RETURNING finished_at AS at`,
  );
  return {
    deletePrompts({ after, finishedBy, at, among, limit }: Options<'deletePrompts'>): DeletedPrompts {
      const last = Number(findLast.get({ after, finishedBy, before: among - 1 })?.['at'] ?? finishedBy);
      const times = deletePrompts.all({ at, after, last, limit }).map((row) => Number(row['at']));
      return { deleted: times.length, upTo: deletedUpTo(times, { limit, last }) };
    },
  };
}

function recordWrites({ database, note }: WriteParts) {
  const deletions = createTellDeletions(database);
  const findFinished = database.prepare(
    `SELECT id, key_id FROM tasks WHERE finished_at <= ? AND hold_until IS NULL
       AND (state = 'error' OR pictures_deleted_at IS NOT NULL) ORDER BY finished_at LIMIT ?`,
  );
  const deleteOne = database.prepare(`DELETE FROM tasks WHERE id = ? RETURNING ${changedColumns}`);
  // With the table's name, since the parts of JSON have an id too.
  const finalTask = `tasks.id = :id AND key_id = :keyId AND tasks.finished_at IS NOT NULL AND hold_until IS NULL`;
  const notePictures = database.prepare(
    `INSERT OR REPLACE INTO pictures_to_delete (key, noted_at)
     SELECT picture.value ->> '$.key', :at FROM tasks, json_each(tasks.result, '$.pictures') AS picture
     WHERE ${finalTask} AND pictures_deleted_at IS NULL
     UNION
     SELECT picture.value ->> '$.picture.key', :at
     FROM tasks JOIN attempts ON task_id = tasks.id, json_each(attempts.brought, '$.pictures') AS picture
     WHERE ${finalTask} AND (state = 'error' OR picture.value -> '$.aside' IS NOT NULL) RETURNING key`,
  );
  const deleteFinal = database.prepare(`DELETE FROM tasks WHERE ${finalTask} RETURNING ${changedColumns}`);
  const deleteTurns = database.prepare(
    `DELETE FROM owner_turns WHERE owner_id IN (
       SELECT owner_id FROM owner_turns WHERE turn <= (SELECT turn FROM virtual_time) LIMIT 0 + ?)`,
  );
  const deleteAnswers = database.prepare('DELETE FROM kept_answers WHERE expires_at <= ?');

  return {
    deletePassedTurns: (limit: number): number => Number(deleteTurns.run(limit).changes),
    deleteFinished({ finishedBy, at, limit }: Options<'deleteFinished'>): number {
      const receiversOf = deletions.receiversAt(at);
      const found = findFinished.all(finishedBy, limit);
      // Endpoints may be hundreds, and each delivery costs about as much as the task: other writes wait for all of a step.
      const step = withinWork(found, limit, (row) => 1 + receiversOf(String(row['key_id'])).length);
      const rows = step.flatMap(({ id }) => deleteOne.all(String(id)));
      deletions.tell(rows, at, receiversOf);
      for (const row of rows) note(changeOf(row));
      return rows.length;
    },
    deleteIfFinal(id: string, keyId: string, at: number): string[] | null {
      const pictures = notePictures.all({ id, keyId, at }).map(({ key }) => String(key));
      const row = deleteFinal.get({ id, keyId });
      if (row === undefined) return null;
      deletions.tell([row], at);
      note(changeOf(row));
      return pictures;
    },
    deleteExpiredAnswers(now: number): number {
      return Number(deleteAnswers.run(now).changes);
    },
  };
}

/** First rows whose work together is no more than `limit`, and the first one in any case. */
function withinWork(rows: readonly Row[], limit: number, workOf: (row: Row) => number): readonly Row[] {
  let work = 0;
  const end = rows.findIndex((row, index) => (work += workOf(row)) > limit && index > 0);
  return end < 0 ? rows : rows.slice(0, end);
}
