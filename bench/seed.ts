// Fills a data directory with finished tasks, as the server itself would have left them; `postgres/seed.ts` makes the same ones there.

import { hash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { ApiKey } from 'plantain-server/src/core/keys/key-store.ts';
import { nothingKnown } from 'plantain-server/src/core/tasks/estimates.ts';
import { hashSecret, newKey } from 'plantain-server/src/core/keys/keys.ts';
import type { Attempt, StoredPicture, Task } from 'plantain-server/src/core/tasks/task.ts';
import type { TaskViews } from 'plantain-server/src/core/tasks/task-views.ts';
import { createLinks } from 'plantain-server/src/http/links/links.ts';
import { createTaskViews } from 'plantain-server/src/http/views/task-view.ts';
import { newTaskId, numberOfTaskId } from 'plantain-server/src/lib/ids.ts';
import { createLinkSigner } from 'plantain-server/src/pictures/stores/signing.ts';
import { migrate, openForWriting } from 'plantain-server/src/store/sqlite/database.ts';
import { numberOfNewRow } from 'plantain-server/src/store/sqlite/writes/insert-writes.ts';
import { createKeyWrites } from 'plantain-server/src/store/sqlite/writes/key-writes.ts';
import { databaseFile } from 'plantain-server/src/store/sqlite/database-file.ts';
import { noMoney } from 'plantain-server/src/core/ledger/money.ts';
import { sayProgress } from './rows/progress.ts';

export const key = 'bench'.repeat(8);
/** The links' base is a setting, so that the stored views are those that the server would make. */
export const publicUrl = 'https://pictures.example.com';
export const linkSecret = Buffer.alloc(32, 7);
const lifetimeSeconds = 432_000;
const noHints = { isFresh: () => true, refresh: async () => {}, of: () => nothingKnown };

/** Makes `count` tasks and a file with their ids, one a line; gives the file and the text of one view. */
export function seed(directory: string, count: number): { idsFile: string; view: string } {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'link-secret'), linkSecret, { mode: 0o600 });
  const views = createSeedViews();
  const file = databaseFile(directory);
  const database = openForWriting(file);
  migrate(database, file);
  insertKey(database);
  const insertTask = createInsert(database, views);
  const ids: string[] = [];
  let view = '';
  database.exec('PRAGMA synchronous = OFF');
  for (let index = 0; index < count; index += 1) {
    if (index % 10_000 === 0) {
      database.exec(index === 0 ? 'BEGIN' : 'COMMIT; BEGIN');
      sayProgress(`${index} of ${count} tasks are there`);
    }
    const task = finishedTask(Date.now());
    view = insertTask(task);
    ids.push(task.id);
  }
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  return { idsFile: writeIds(directory, ids), view };
}

/** Writes ids to a file for the load, one a line; gives its path. */
export function writeIds(directory: string, ids: readonly string[]): string {
  mkdirSync(directory, { recursive: true });
  const idsFile = join(directory, 'ids.txt');
  writeFileSync(idsFile, `${ids.join('\n')}\n`);
  return idsFile;
}

/** Views with links that are signed by the secret of the bench. */
export const createSeedViews = (): TaskViews =>
  createTaskViews(
    createLinks(createLinkSigner({ secret: linkSecret, lifetimeSeconds }), () => publicUrl),
    { waitingOf: () => null, hints: noHints, clock: { now: Date.now } },
  );

/** Key of the bench, as the server stores the one of its settings. */
export const storedKey = (): ApiKey => ({
  ...newKey({ secret: key, name: 'PLANTAIN_ADMIN_KEY', role: 'admin', now: Date.now() }),
  id: 'key_bench',
});

function insertKey(database: DatabaseSync): void {
  createKeyWrites(database).insertKey(storedKey(), Buffer.from(hashSecret(key)).toString('hex'));
}

/** Gives a function that inserts a task with its attempt and its view, whose text it returns. */
function createInsert(database: DatabaseSync, views: TaskViews): (task: Task) => string {
  const insertTask = database.prepare(
    `INSERT INTO tasks (rowid, id, key_id, state, view_key, view, action, model, created_at, updated_at, due_at, deadline_at, finished_at, progress, tries_used, result, request)
     VALUES (${numberOfNewRow}, :id, 'key_bench', 'succeeded', :viewKey, :view, 'generate', 'nano-banana', :at, :at, :at, :at + 1, :at, 1, 1, :result, :request)`,
  );
  const insertAttempt = database.prepare(
    `INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at, finished_at, outcome)
     VALUES (:id, 1, 'sandbox', 'm', 'no_key', :at, :at, 'succeeded')`,
  );
  return (task) => {
    const { id, createdAt: at } = task;
    const view = views.render(task).text;
    const [result, request] = [JSON.stringify(task.result), JSON.stringify(task.request)];
    insertTask.run({ number: numberOfTaskId(id), id, at, viewKey: views.key, view, result, request });
    insertAttempt.run({ id, at });
    return view;
  };
}

export function finishedTask(now: number): Task {
  const id = newTaskId();
  return {
    id,
    keyId: 'key_bench',
    ownerId: 'key_bench',
    priority: 0,
    action: 'generate',
    model: 'nano-banana',
    request: {
      prompt: `a banana on a skateboard, in the rain, number ${id}`,
      inputs: [],
      aspectRatio: '16:9',
      imageSize: '1K',
    },
    state: 'succeeded',
    createdAt: now,
    batchId: null,
    updatedAt: now,
    changed: 1,
    cancelRequestedAt: null,
    dueAt: now,
    deadlineAt: now + 1,
    finishedAt: now,
    progress: 1,
    triesUsed: 1,
    money: noMoney,
    result: {
      pictures: [pictureOf(id)],
      description: 'Here is the picture that you asked for.',
      warnings: [],
    },
    failure: null,
    attempts: [attemptAt(now)],
  };
}

function pictureOf(id: string): StoredPicture {
  return {
    key: `results/${id.slice(-2)}/${id}-1-1.png`,
    fileName: 'output.png',
    width: 1376,
    height: 768,
    content_type: 'image/png',
    bytes: 312_456,
    sha256: hash('sha256', id),
  };
}

function attemptAt(now: number): Attempt {
  return {
    number: 1,
    upstream: 'sandbox',
    upstreamModel: 'm',
    startedAt: now,
    finishedAt: now,
    outcome: 'succeeded',
    failure: null,
    maybeBilled: false,
    credential: 'no_key',
    operation: null,
    usage: null,
    costMicroUsd: null,
  };
}
