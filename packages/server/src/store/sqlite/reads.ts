// Statements that read, on a connection of its own: in WAL mode readers never wait for the writer.

import type { DatabaseSync } from 'node:sqlite';
import type { TaskFailure } from '../../core/errors.ts';
import type { Task, TaskRequest } from '../../core/tasks/task.ts';
import type { StoredAnswer, ReadyView, TaskQuery } from '../../core/tasks/task-store.ts';
import { firstTaskIdAt } from '../../lib/ids.ts';
import { createFileReads } from './file-reads.ts';
import { createKeyReads } from './key-reads.ts';
import { createQueueReads } from './queue-reads.ts';
import { type Row, toStoredAnswer, toTask } from './rows.ts';
import { createSnapshot } from './snapshot.ts';

/** How many tasks one look at a list goes over: 4 ms, in which nothing else is served. */
const maxScanned = 2_000;
/**
 * A filter by metadata opens requests, and so many characters of one take as long as a task: 2,000 requests of 30,000 characters
 * took 1.5 s (measured).
 */
const charactersOfTask = 500;
/** The last that an id can hold. */
const lastTime = 2 ** 48 - 1;

/** `onFault` hears of a snapshot that did not end as it should, and whether it is over all the same. */
export function createReads(
  database: DatabaseSync,
  onFault: (error: unknown, isOver: boolean) => void = () => {},
) {
  const snapshot = createSnapshot(database, onFault);
  const taskById = database.prepare('SELECT * FROM tasks WHERE id = ?');
  const attemptsOf = database.prepare('SELECT * FROM attempts WHERE task_id = ? ORDER BY number');
  const viewById = database.prepare('SELECT key_id, view_key, view FROM tasks WHERE id = ?');
  // Arrays instead of objects: no property names to build on the busiest read.
  viewById.setReturnArrays(true);
  // By their own indexes: the one of all final tasks would go through every record whose pictures are gone.
  const present = `state = 'succeeded' AND pictures_deleted_at IS NULL`;
  const expiredPictures = database.prepare(
    `SELECT * FROM tasks INDEXED BY tasks_pictures WHERE ${present} AND expires_in_ms IS NULL AND finished_at <= :finishedBy
     UNION ALL
     SELECT * FROM tasks INDEXED BY tasks_pictures_asked WHERE ${present} AND expires_in_ms IS NOT NULL AND finished_at + expires_in_ms <= :now
     LIMIT :limit`,
  );
  const picturesToDelete = database.prepare(
    'SELECT key FROM pictures_to_delete WHERE noted_at <= ? ORDER BY noted_at LIMIT ?',
  );
  const list = (columns: string) =>
    database.prepare(
      `SELECT ${columns} FROM tasks WHERE key_id = :keyId AND id >= :from AND id < :before ORDER BY id DESC`,
    );
  const listed = list('id, state, model, action, failure');
  const listedWithRequest = list('id, state, model, action, failure, request');
  // Only for lists that ask for it: JSON is searched for it, and one of 32,000 characters takes 100 microseconds.
  const promptStart = database.prepare(
    `SELECT substr(request ->> '$.prompt', 1, ?) AS text FROM tasks WHERE id = ?`,
  );
  const ofBatch = database.prepare(
    'SELECT id, state, created_at AS createdAt, progress FROM tasks WHERE batch_id = ? AND key_id = ? ORDER BY rowid',
  );
  const changedSince = database.prepare(
    'SELECT * FROM tasks WHERE key_id = ? AND changed > ? ORDER BY changed LIMIT ?',
  );
  const latestChange = database.prepare('SELECT max(changed) AS changed FROM tasks WHERE key_id = ?');
  const storedAnswer = database.prepare(
    'SELECT * FROM kept_answers WHERE key_id = ? AND idempotency_key = ? AND expires_at > ?',
  );
  const latestTime = database.prepare('SELECT updated_at AS at FROM tasks ORDER BY rowid DESC LIMIT 1');
  const attempts = (row: Row): Row[] => attemptsOf.all(row['id'] as string);

  return {
    ...createQueueReads(database, attempts),
    ...createKeyReads(database),
    ...createFileReads(database),
    /** To be called when a write is known to be durable, before anyone is told: each read from then on includes it. */
    endSnapshot: snapshot.end,
    find(id: string): Task | null {
      const row = taskById.get(id);
      return row === undefined ? null : toTask(row, attempts(row));
    },
    findView(id: string): { keyId: string; view: ReadyView | null } | null {
      snapshot.begin();
      const row = viewById.get(id) as unknown as [string, string | null, string | null] | undefined;
      if (row === undefined) return null;
      const [keyId, key, text] = row;
      return { keyId, view: key === null || text === null ? null : { key, text } };
    },
    tasksWithExpiredPictures(options: { now: number; retentionMs: number; limit: number }): Task[] {
      const { now, retentionMs, limit } = options;
      const rows = expiredPictures.all({ now, finishedBy: now - retentionMs, limit });
      return rows.map((row) => toTask(row, attempts(row)));
    },
    picturesToDelete({ notedBy, limit }: { notedBy: number; limit: number }): string[] {
      return picturesToDelete.all(notedBy, limit).map(({ key }) => String(key));
    },
    list(query: TaskQuery): { ids: string[]; next: string | null } {
      const { keyId, beforeId, createdFrom = 0, createdBefore = Number.MAX_SAFE_INTEGER, limit } = query;
      const end = firstTaskIdAt(Math.min(createdBefore, lastTime));
      const before = beforeId !== undefined && beforeId < end ? beforeId : end;
      const ids: string[] = [];
      let looked = 0;
      const rows = query.metadata === undefined && query.search === undefined ? listed : listedWithRequest;
      for (const row of rows.iterate({ keyId, from: firstTaskIdAt(createdFrom), before })) {
        if (isListed(row, query)) ids.push(row['id'] as string);
        looked += 1 + String(row['request'] ?? '').length / charactersOfTask;
        if (ids.length === limit || looked >= maxScanned) return { ids, next: row['id'] as string };
      }
      return { ids, next: null };
    },
    promptStart(id: string, length: number): string | null {
      const row = promptStart.get(length, id);
      return row === undefined ? null : String(row['text']);
    },
    batch(batchId: string, keyId: string): Pick<Task, 'id' | 'state' | 'createdAt' | 'progress'>[] {
      return ofBatch.all(batchId, keyId) as Pick<Task, 'id' | 'state' | 'createdAt' | 'progress'>[];
    },
    changedSince(keyId: string, changed: number, limit: number): Task[] {
      return changedSince.all(keyId, changed, limit).map((row) => toTask(row, attempts(row)));
    },
    latestChange(keyId: string): number {
      return Number(latestChange.get(keyId)?.['changed'] ?? 0);
    },
    findAnswer(keyId: string, idempotencyKey: string, now: number): StoredAnswer | null {
      const row = storedAnswer.get(keyId, idempotencyKey, now);
      return row === undefined ? null : toStoredAnswer(row);
    },
    latestTime(): number {
      return Number(latestTime.get()?.['at'] ?? 0);
    },
  };
}

function isListed(row: Row, query: TaskQuery): boolean {
  const { state, model, action, failureType, metadata = {}, search = '' } = query;
  if (state !== undefined && row['state'] !== state) return false;
  if (model !== undefined && row['model'] !== model) return false;
  if (action !== undefined && row['action'] !== action) return false;
  if (failureType !== undefined && typeOf(row['failure'] as string | null) !== failureType) return false;
  // Not opened where nobody asked for it.
  if (row['request'] === undefined) return true;
  const { prompt, metadata: own = {} } = JSON.parse(row['request'] as string) as TaskRequest;
  const isNamed = ([name, value]: [string, string]) => Object.hasOwn(own, name) && own[name] === value;
  if (!Object.entries(metadata).every(isNamed)) return false;
  const sought = search.toLowerCase();
  return (
    (row['id'] as string).startsWith(sought) ||
    prompt.toLowerCase().includes(sought) ||
    Object.entries(own).some(([name, value]) => `${name}=${value}`.toLowerCase().includes(sought))
  );
}

function typeOf(failure: string | null): TaskFailure['type'] | undefined {
  return failure === null ? undefined : (JSON.parse(failure) as TaskFailure).type;
}
