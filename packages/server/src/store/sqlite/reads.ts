// Every statement that reads, on a connection of its own: in WAL mode readers never wait for the writer.

import type { DatabaseSync } from 'node:sqlite';
import type { UploadedFile } from '../../core/file-store.ts';
import type { ApiKey } from '../../core/key-store.ts';
import type { Need } from '../../core/router.ts';
import type { Task } from '../../core/task.ts';
import type { LeasedTask, ReadyView } from '../../core/task-store.ts';
import { type Row, toApiKey, toFile, toLeasedTask, toTask } from './rows.ts';

export function createReads(database: DatabaseSync) {
  const taskById = database.prepare('SELECT * FROM tasks WHERE id = ?');
  const attemptsOf = database.prepare('SELECT * FROM attempts WHERE task_id = ? ORDER BY number');
  const viewById = database.prepare('SELECT key_id, view_key, view FROM tasks WHERE id = ?');
  // Arrays instead of objects: no property names to build on the busiest read.
  viewById.setReturnArrays(true);
  const expired = database.prepare(
    `SELECT * FROM tasks WHERE state = 'running' AND lease_expires_at <= ? ORDER BY lease_expires_at LIMIT ?`,
  );
  const pastDeadline = database.prepare(
    `SELECT * FROM tasks WHERE state = 'pending' AND deadline_at <= :by
       AND (:model IS NULL OR (model = :model AND inputs = :inputs)) ORDER BY deadline_at LIMIT :limit`,
  );
  // From one need to the next through the index, however many tasks there are of each: a comparison of both columns at once
  // would walk over all of them, 3 ms for 10,000.
  const waiting = `SELECT model, inputs FROM tasks WHERE state = 'pending'`;
  const nextInputs = database.prepare(`${waiting} AND model = ? AND inputs > ? ORDER BY inputs LIMIT 1`);
  const nextModel = database.prepare(`${waiting} AND model > ? ORDER BY model, inputs LIMIT 1`);
  const firstDue = database.prepare(
    `SELECT due_at AS dueAt FROM tasks WHERE state = 'pending' AND model = ? AND inputs = ? AND deadline_at > ?
     ORDER BY due_at LIMIT 1`,
  );
  const countPendingJobs = database.prepare(
    // There are few open attempts, and may be many pending tasks.
    `SELECT count(*) AS count FROM attempts CROSS JOIN tasks ON tasks.id = attempts.task_id
     WHERE attempts.outcome IS NULL AND attempts.operation IS NOT NULL
       AND tasks.state = 'pending' AND tasks.due_at <= :now AND tasks.deadline_at > :now`,
  );
  // By their own indexes: the one of all final tasks would go through every record whose pictures are gone.
  const present = `state = 'succeeded' AND pictures_deleted_at IS NULL`;
  const expiredPictures = database.prepare(
    `SELECT * FROM tasks INDEXED BY tasks_pictures WHERE ${present} AND expires_in_ms IS NULL AND finished_at <= :finishedBy
     UNION ALL
     SELECT * FROM tasks INDEXED BY tasks_pictures_asked WHERE ${present} AND expires_in_ms IS NOT NULL AND finished_at + expires_in_ms <= :now
     LIMIT :limit`,
  );
  const countAttempts = database.prepare(
    `SELECT upstream, account, count(*) AS count FROM attempts
     WHERE started_at >= ? AND account IS NOT NULL GROUP BY upstream, account`,
  );
  const countPending = database.prepare(`SELECT count(*) AS count FROM tasks WHERE state = 'pending'`);
  const latestTime = database.prepare('SELECT updated_at AS at FROM tasks ORDER BY rowid DESC LIMIT 1');
  const keyByHash = database.prepare('SELECT * FROM api_keys WHERE hash = ?');
  const keys = database.prepare('SELECT * FROM api_keys ORDER BY created_at, id');

  const fileById = database.prepare('SELECT * FROM files WHERE id = ? AND expires_at > ?');
  const filesOfKey = database.prepare(
    'SELECT * FROM files WHERE key_id = :keyId AND expires_at > :now ORDER BY created_at DESC, id DESC LIMIT :limit',
  );
  const fileOfPicture = database.prepare(
    'SELECT 1 FROM files WHERE picture_key = ? AND expires_at > ? LIMIT 1',
  );

  const begin = database.prepare('BEGIN');
  const end = database.prepare('COMMIT');
  let inSnapshot = false;

  function endSnapshot(): void {
    if (!inSnapshot) return;
    inSnapshot = false;
    end.run();
  }

  /** Status queries of one turn of the event loop share a snapshot: opening one for each is a fifth of the read's time. */
  function beginSnapshot(): void {
    if (inSnapshot) return;
    begin.run();
    inSnapshot = true;
    setImmediate(endSnapshot);
  }

  const attempts = (row: Row): Row[] => attemptsOf.all(row['id'] as string);

  return {
    /** To be called when a write is known to be durable, before anyone is told: what is read from then on includes it. */
    endSnapshot,
    find(id: string): Task | null {
      const row = taskById.get(id);
      return row === undefined ? null : toTask(row, attempts(row));
    },
    findView(id: string): { keyId: string; view: ReadyView | null } | null {
      beginSnapshot();
      const row = viewById.get(id) as unknown as [string, string | null, string | null] | undefined;
      if (row === undefined) return null;
      const [keyId, key, text] = row;
      return { keyId, view: key === null || text === null ? null : { key, text } };
    },
    expiredLeases(by: number, limit: number): LeasedTask[] {
      return expired.all(by, limit).map((row) => toLeasedTask(row, attempts(row)));
    },
    pendingPastDeadline({ by, limit, need }: { by: number; limit: number; need?: Need }): Task[] {
      const rows = pastDeadline.all({ by, limit, model: need?.model ?? null, inputs: need?.inputs ?? null });
      return rows.map((row) => toTask(row, attempts(row)));
    },
    pendingNeeds(now: number): (Need & { dueAt: number })[] {
      const found: (Need & { dueAt: number })[] = [];
      let row = nextModel.get('');
      while (row !== undefined) {
        const { model, inputs } = row as unknown as Need;
        const due = firstDue.get(model, inputs, now);
        if (due !== undefined) found.push({ model, inputs, dueAt: due['dueAt'] as number });
        row = nextInputs.get(model, inputs) ?? nextModel.get(model);
      }
      return found;
    },
    countPendingJobs(now: number): number {
      return Number(countPendingJobs.get({ now })?.['count']);
    },
    tasksWithExpiredPictures(options: { now: number; keptMs: number; limit: number }): Task[] {
      const { now, keptMs, limit } = options;
      const rows = expiredPictures.all({ now, finishedBy: now - keptMs, limit });
      return rows.map((row) => toTask(row, attempts(row)));
    },
    countAttempts(since: number): { upstream: string; account: string; count: number }[] {
      return countAttempts.all(since) as { upstream: string; account: string; count: number }[];
    },
    countPending(): number {
      return Number(countPending.get()?.['count']);
    },
    latestTime(): number {
      return Number(latestTime.get()?.['at'] ?? 0);
    },
    findFile(id: string, now: number): UploadedFile | null {
      const row = fileById.get(id, now);
      return row === undefined ? null : toFile(row);
    },
    listFiles(options: { keyId: string; now: number; limit: number }): UploadedFile[] {
      return filesOfKey.all(options).map(toFile);
    },
    isFileKept(key: string, now: number): boolean {
      return fileOfPicture.get(key, now) !== undefined;
    },
    findKeyByHash(hash: Uint8Array): ApiKey | null {
      const row = keyByHash.get(hash);
      return row === undefined ? null : toApiKey(row);
    },
    listKeys(): ApiKey[] {
      return keys.all().map(toApiKey);
    },
  };
}
