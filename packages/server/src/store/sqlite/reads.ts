// Every statement that reads, on a connection of its own: in WAL mode readers never wait for the writer.

import type { DatabaseSync } from 'node:sqlite';
import type { TaskFailure } from '../../core/errors.ts';
import type { UploadedFile } from '../../core/file-store.ts';
import type { ApiKey } from '../../core/key-store.ts';
import type { Need } from '../../core/router.ts';
import type { Task, TaskRequest } from '../../core/task.ts';
import type { KeptAnswer, LeasedTask, ReadyView, TaskQuery } from '../../core/task-store.ts';
import { firstTaskIdAt } from '../../lib/ids.ts';
import { type Row, toApiKey, toFile, toKeptAnswer, toLeasedTask, toTask } from './rows.ts';

/** How many tasks one look at a list goes over: 4 ms, in which nothing else is served. */
const mostLooked = 2_000;
/**
 * A filter by metadata opens requests, and so many characters of one take as long as a task: 2,000 requests of 30,000 characters
 * took 1.5 s (measured).
 */
const charactersOfTask = 500;
/** A day may have this long with the clocks set back; what began later did so while the clock was wrong. */
const mostOfDayMs = 48 * 3_600_000;
/** The last that an id can hold. */
const lastTime = 2 ** 48 - 1;

/** `onFault` hears of a snapshot that did not end as it should, and whether it is over all the same. */
export function createReads(
  database: DatabaseSync,
  onFault: (error: unknown, isOver: boolean) => void = () => {},
) {
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
  const queueOf = database.prepare(
    `SELECT due_at AS dueAt, id FROM tasks WHERE state = 'pending' AND model = ? AND inputs = ? ORDER BY due_at, id LIMIT ?`,
  );
  // The limit is on the ended tasks, so that a long row of failures is not searched for successes.
  const recentRuns = database.prepare(
    `SELECT recent.model, recent.finished_at - attempts.started_at AS durationMs
     FROM (SELECT id, model, state, finished_at FROM tasks WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT ?) AS recent
     JOIN attempts ON attempts.task_id = recent.id AND attempts.outcome = 'succeeded'
     WHERE recent.state = 'succeeded'`,
  );
  const running = database.prepare(
    `SELECT tasks.model, attempts.started_at AS since FROM tasks
     LEFT JOIN attempts ON attempts.task_id = tasks.id AND attempts.outcome IS NULL WHERE tasks.state = 'running'`,
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
  const picturesToDelete = database.prepare(
    'SELECT key FROM pictures_to_delete WHERE noted_at <= ? ORDER BY noted_at LIMIT ?',
  );
  const countAttempts = database.prepare(
    `SELECT upstream, account, count(*) AS count FROM attempts
     WHERE started_at >= :since AND started_at < :since + ${mostOfDayMs} AND account IS NOT NULL GROUP BY upstream, account`,
  );
  const pendingCancelled = database.prepare(
    `SELECT * FROM tasks WHERE state = 'pending' AND cancel_requested_at IS NOT NULL ORDER BY id LIMIT ?`,
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
  const keptAnswer = database.prepare(
    'SELECT * FROM kept_answers WHERE key_id = ? AND idempotency_key = ? AND expires_at > ?',
  );
  const countPending = database.prepare(`SELECT count(*) AS count FROM tasks WHERE state = 'pending'`);
  const latestTime = database.prepare('SELECT updated_at AS at FROM tasks ORDER BY rowid DESC LIMIT 1');
  const keyById = database.prepare('SELECT * FROM api_keys WHERE id = ?');
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
  const commit = database.prepare('COMMIT');
  let inSnapshot = false;

  /** Never throws: nobody above could catch it. */
  function endSnapshot(): void {
    if (!inSnapshot) return;
    inSnapshot = false;
    try {
      commit.run();
    } catch (error) {
      // A read within that met a damaged page: SQLite says so once more, and ends the snapshot.
      try {
        if (database.isTransaction) database.exec('ROLLBACK');
      } catch {
        // A transaction that is still open is told of below.
      }
      onFault(error, !database.isTransaction);
    }
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
    recentRuns(limit: number): { model: string; durationMs: number }[] {
      return recentRuns.all(limit) as { model: string; durationMs: number }[];
    },
    running(): { model: string; since: number | null }[] {
      return running.all() as { model: string; since: number | null }[];
    },
    pendingQueue(model: string, limit: number) {
      const places: { dueAt: number; id: string }[] = [];
      /** The last due time up to which every need was read. */
      let readUpTo = Number.POSITIVE_INFINITY;
      for (
        let row = nextInputs.get(model, -1);
        row !== undefined;
        row = nextInputs.get(model, row['inputs'] ?? 0)
      ) {
        const some = queueOf.all(model, row['inputs'] ?? 0, limit) as typeof places;
        places.push(...some);
        if (some.length === limit) readUpTo = Math.min(readUpTo, some.at(-1)?.dueAt ?? 0);
      }
      places.sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
      const isWhole = readUpTo === Number.POSITIVE_INFINITY;
      return { places: isWhole ? places : places.filter(({ dueAt }) => dueAt < readUpTo), isWhole };
    },
    countPendingJobs(now: number): number {
      return Number(countPendingJobs.get({ now })?.['count']);
    },
    tasksWithExpiredPictures(options: { now: number; keptMs: number; limit: number }): Task[] {
      const { now, keptMs, limit } = options;
      const rows = expiredPictures.all({ now, finishedBy: now - keptMs, limit });
      return rows.map((row) => toTask(row, attempts(row)));
    },
    picturesToDelete({ notedBy, limit }: { notedBy: number; limit: number }): string[] {
      return picturesToDelete.all(notedBy, limit).map(({ key }) => String(key));
    },
    countAttempts(since: number): { upstream: string; account: string; count: number }[] {
      return countAttempts.all({ since }) as { upstream: string; account: string; count: number }[];
    },
    pendingCancelled(limit: number): Task[] {
      return pendingCancelled.all(limit).map((row) => toTask(row, attempts(row)));
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
        if (ids.length === limit || looked >= mostLooked) return { ids, next: row['id'] as string };
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
    findAnswer(keyId: string, idempotencyKey: string, now: number): KeptAnswer | null {
      const row = keptAnswer.get(keyId, idempotencyKey, now);
      return row === undefined ? null : toKeptAnswer(row);
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
    findKey(id: string): ApiKey | null {
      const row = keyById.get(id);
      return row === undefined ? null : toApiKey(row);
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
