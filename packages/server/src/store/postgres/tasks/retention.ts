// Statements by which tasks and their pictures go. What one process claims or deletes, another leaves to it, without waiting.

import type { DeletedPrompts, InputLifetime, TaskRetention } from '../../../core/tasks/task-retention.ts';
import type { BroughtPictures, TaskRequest, TaskResult } from '../../../core/tasks/task.ts';
import { deletedUpTo } from '../../deleted-up-to.ts';
import { changedColumns, changeOf } from '../../rows.ts';
import { tellSilently } from '../changes-order.ts';
import { deleteInSteps, deleteStep } from './delete-in-steps.ts';
import { receiversOfDeletions, tellDeletions } from './enqueue.ts';
import { hasEnded } from '../found-by-id.ts';
import { toColumn } from '../database/text.ts';
import { timeSql } from '../order/bounds.ts';
import { oneByOne, type Transaction, type WriteAll, type Writer } from '../database/writer.ts';

type Options<Name extends keyof TaskRetention> = Parameters<TaskRetention[Name]>[0];

/** `sweeps` write one thing at a time, apart from the others. */
export function createRetention(
  { write }: Pick<Writer, 'write'>,
  sweeps: Pick<Writer, 'write'>,
  takes: Pick<Writer, 'write'>,
): TaskRetention {
  return {
    claimExpiredPictures: (claim) => sweeps.write(claimExpiredPictures, [claim]),
    markPicturesDeleted: (taskIds, at) => sweeps.write(markPicturesDeleted, [taskIds, at]),
    defaultInputLifetime: () => sweeps.write(readInputLifetime, []),
    oldestOpenWithInputs: () => sweeps.write(readOldestOpen, []),
    deletePrompts: (options) => sweeps.write(deletePrompts, [options]),
    deleteFinished: (options) => sweeps.write(deleteFinished, [options]),
    deleteIfFinal: (taskId, keyId, at) => write(deleteIfFinal, { taskId: toColumn(taskId), keyId, at }),
    claimPicturesToDelete: (options) => sweeps.write(claimPicturesToDelete, [options]),
    forgetPictures: (keys) => sweeps.write(forgetPictures, [keys]),
    deletePassedTurns: (limit) => takes.write(deletePassedTurns, [limit]),
    deleteExpiredAnswers: (now) => deleteInSteps(sweeps, deleteAnswers, now),
    // The database's own vacuum does so.
    async writeOverDeleted() {},
  };
}

/** Under the lock of takes. The turn of the latest take is above its tag, which is the virtual time, so that its row stays and the time with it. */
const deletePassedTurns = oneByOne(async ({ query }: Transaction, limit: number): Promise<number> => {
  const rows = await query(
    `WITH ${timeSql}
     DELETE FROM owner_turns WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM owner_turns WHERE turn <= (SELECT at FROM time) AND tag < (SELECT at FROM time) LIMIT $1)) RETURNING 1 AS one`,
    [limit],
  );
  return rows.length;
});

const picturesOf = (result: unknown): string[] =>
  (JSON.parse(result as string) as TaskResult).pictures.map(({ key }) => key);

/** Attempts with pictures that their task may not show: it failed, or some were set aside. */
const isNotShown = `brought IS NOT NULL AND (tasks.state = 'error' OR brought LIKE '%"aside":%')`;

/** Pictures that an attempt brought. */
const broughtOf = (brought: string): string[] =>
  (JSON.parse(brought) as BroughtPictures).pictures.map(({ picture }) => picture.key);

/** By indexes of their own: that of all final tasks would go through every record whose pictures are gone. */
function claimExpiredSql(which: string): string {
  return `UPDATE tasks SET claimed_until = $1::bigint + $2::bigint WHERE id = ANY (ARRAY(
      SELECT id FROM tasks WHERE state = 'succeeded' AND pictures_deleted_at IS NULL AND coalesce(claimed_until, 0) <= $1 AND ${which}
      LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED))
    RETURNING id, result`;
}

const claimByAge = claimExpiredSql('expires_in_ms IS NULL AND finished_at <= $4');
const claimByRequest = claimExpiredSql('expires_in_ms IS NOT NULL AND finished_at + expires_in_ms <= $1');

const claimExpiredPictures = oneByOne(
  async ({ query }: Transaction, { now, claimMs, limit, retentionMs }: Options<'claimExpiredPictures'>) => {
    const rows = await query(claimByAge, [now, claimMs, limit, now - retentionMs]);
    if (rows.length < limit) rows.push(...(await query(claimByRequest, [now, claimMs, limit - rows.length])));
    return rows.map((row) => ({ taskId: row['id'] as string, pictures: picturesOf(row['result']) }));
  },
);

const markPicturesDeleted = oneByOne(
  async ({ query, note }: Transaction, taskIds: readonly string[], at: number): Promise<void> => {
    const rows = await query(
      `WITH gone AS (
         UPDATE tasks SET pictures_deleted_at = $2, claimed_until = NULL WHERE id IN (
           SELECT id FROM tasks WHERE id = ANY ($1) AND state = 'succeeded' ORDER BY id FOR NO KEY UPDATE)
         RETURNING ${changedColumns}),
       told AS (${tellSilently('gone')})
       SELECT * FROM gone`,
      [taskIds, at],
    );
    for (const row of rows) note(changeOf(row));
  },
);

const readInputLifetime = oneByOne(async ({ query }: Transaction): Promise<InputLifetime> => {
  const [row] = await query('SELECT input_lifetime FROM installation');
  return row?.['input_lifetime'] as InputLifetime;
});

const readOldestOpen = oneByOne(async ({ query }: Transaction): Promise<number | null> => {
  const [row] = await query(
    `SELECT min(created_at) AS oldest FROM (
       SELECT created_at FROM tasks WHERE state = 'pending' AND inputs > 0
       UNION ALL SELECT created_at FROM tasks WHERE state = 'running' AND inputs > 0) AS open`,
  );
  return (row?.['oldest'] ?? null) as number | null;
});

const lastTime = `SELECT finished_at FROM tasks WHERE finished_at > $1 AND finished_at <= $2 ORDER BY finished_at LIMIT 1 OFFSET $3`;

const withPrompts = `SELECT id, finished_at FROM tasks WHERE finished_at > $1 AND finished_at <= $2 AND prompt_deleted_at IS NULL
   ORDER BY finished_at LIMIT $3`;

/**
 * None that is locked is left out, since nobody would look for it again soon. The prompt is not deleted in SQL: a request may have characters
 * that the database knows in no text of its own.
 */
const deletePrompts = oneByOne(
  async (
    { query }: Transaction,
    { after, finishedBy, at, among, limit }: Options<'deletePrompts'>,
  ): Promise<DeletedPrompts> => {
    const [end] = await query(lastTime, [after, finishedBy, among - 1]);
    const last = (end?.['finished_at'] ?? finishedBy) as number;
    const found = await query(withPrompts, [after, last, limit]);
    const upTo = deletedUpTo(
      found.map((row) => row['finished_at'] as number),
      { limit, last },
    );
    if (found.length === 0) return { deleted: 0, upTo };
    const rows = await query(
      'SELECT id, request FROM tasks WHERE id = ANY ($1) AND prompt_deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE',
      [found.map(({ id }) => id)],
    );
    await query(
      `UPDATE tasks SET prompt_deleted_at = $3, request = without.request
       FROM unnest($1::text[], $2::text[]) AS without (id, request) WHERE tasks.id = without.id`,
      [rows.map(({ id }) => id), rows.map(({ request }) => withoutPrompt(request as string)), at],
    );
    return { deleted: rows.length, upTo };
  },
);

function withoutPrompt(text: string): string {
  const request = JSON.parse(text) as TaskRequest;
  return JSON.stringify({ ...request, prompt: '', promptDeleted: true } satisfies TaskRequest);
}

/**
 * Rows of the oldest tasks go first, in batches of the caller's. Measured with 60,000 tasks of 1.3 kB stored, and 3,000 a second inserted
 * and deleted in batches of 500 for five minutes, on the defaults of autovacuum: the table grew to what is written between two vacuums,
 * here within a minute and a half, and no further; a batch took the same throughout. While a snapshot is held open nothing can be
 * cleaned, and a batch takes twice as long after 100,000 tasks, which it has to step over.
 */
const deleteFinished = oneByOne(
  async (
    { query, note }: Transaction,
    { finishedBy, at, limit }: Options<'deleteFinished'>,
  ): Promise<number> => {
    const rows = await query(
      `WITH found AS MATERIALIZED (
         SELECT id, key_id, finished_at FROM tasks
         WHERE finished_at <= $1 AND hold_until IS NULL AND (state = 'error' OR pictures_deleted_at IS NOT NULL)
         ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED),
       ${receiversOfDeletions('found', '$3::bigint')},
       told_of AS (SELECT key_id, count(*) FILTER (WHERE NOT hears_all) AS own FROM receivers GROUP BY key_id),
       worked AS (
         SELECT id, sum(1 + coalesce(own, 0) + (SELECT count(*) FROM receivers WHERE hears_all)) OVER places AS work,
           row_number() OVER places AS place
         FROM found LEFT JOIN told_of USING (key_id) WINDOW places AS (ORDER BY finished_at, id ROWS UNBOUNDED PRECEDING)),
       gone AS (
         DELETE FROM tasks WHERE id = ANY (ARRAY(SELECT id FROM worked WHERE work <= $2 OR place = 1))
         RETURNING ${changedColumns}),
       told AS (${tellSilently('gone')}),
       ${tellDeletions('gone', '$3::bigint')}
       SELECT * FROM gone`,
      [finishedBy, limit, at],
    );
    for (const row of rows) note(changeOf(row));
    return rows.length;
  },
);

interface Deletion {
  taskId: string;
  keyId: string;
  at: number;
}

/** Deletes at most one task for each of those who ask, in the order of their ids. */
const deleteIfFinal: WriteAll<Deletion, string[] | null> = async ({ query, note }, all) => {
  const deleted = new Map<Deletion, string[]>();
  const rows = await query(
    `WITH asked AS (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS a (id, key_id)),
       gone AS (
         DELETE FROM tasks WHERE id IN (
           SELECT id FROM tasks JOIN asked USING (id, key_id)
           WHERE id = ANY ($1) AND ${hasEnded} AND hold_until IS NULL ORDER BY id FOR UPDATE OF tasks)
         RETURNING ${changedColumns}, CASE WHEN pictures_deleted_at IS NULL THEN result END AS result,
           ARRAY(SELECT brought FROM attempts WHERE task_id = tasks.id AND ${isNotShown}) AS brought),
       told AS (${tellSilently('gone')}),
       ${receiversOfDeletions('gone', '$3::bigint')},
       ${tellDeletions('gone', '$3::bigint')}
     SELECT * FROM gone`,
    // All of one write were asked for within moments, and have its first one's time.
    [all.map(({ taskId }) => taskId), all.map(({ keyId }) => keyId), all[0]?.at ?? 0],
  );
  for (const row of rows) {
    note(changeOf(row));
    const deletion = all.find(({ taskId, keyId }) => taskId === row['id'] && keyId === row['key_id']);
    if (deletion !== undefined)
      deleted.set(deletion, [
        ...new Set([
          ...(row['result'] === null ? [] : picturesOf(row['result'])),
          ...(row['brought'] as string[]).flatMap(broughtOf),
        ]),
      ]);
  }
  const pictures = new Map([...deleted].flatMap(([{ at }, keys]) => keys.map((key) => [key, at])));
  if (pictures.size > 0)
    await query(
      `INSERT INTO pictures_to_delete (key, noted_at)
       SELECT * FROM unnest($1::text[], $2::bigint[]) AS p (key, noted_at) ORDER BY key
       ON CONFLICT (key) DO UPDATE SET noted_at = excluded.noted_at`,
      [[...pictures.keys()], [...pictures.values()]],
    );
  return all.map((deletion) => deleted.get(deletion) ?? null);
};

const claimPicturesToDelete = oneByOne(
  async ({ query }: Transaction, { notedBy, now, limit }: Options<'claimPicturesToDelete'>) => {
    const rows = await query(
      `UPDATE pictures_to_delete SET noted_at = $2 WHERE key = ANY (ARRAY(
         SELECT key FROM pictures_to_delete WHERE noted_at <= $1 ORDER BY noted_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED))
       RETURNING key`,
      [notedBy, now, limit],
    );
    return rows.map(({ key }) => key as string);
  },
);

const forgetPictures = oneByOne(async ({ query }: Transaction, keys: readonly string[]): Promise<void> => {
  await query(
    `DELETE FROM pictures_to_delete WHERE key IN (
       SELECT key FROM pictures_to_delete WHERE key = ANY ($1) ORDER BY key FOR UPDATE)`,
    [keys],
  );
});

const deleteAnswers = deleteStep('kept_answers', 'expires_at');
