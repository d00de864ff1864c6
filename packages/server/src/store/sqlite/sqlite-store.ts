// The embedded store: one file, one writer thread, reads on the calling thread.
// A promise of a write resolves after the commit is on disk, and whoever listens to `changes` is told then.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Changes } from '../../core/tasks/changes.ts';
import type { FileStore } from '../../core/pictures/file-store.ts';
import type { KeyStore } from '../../core/keys/key-store.ts';
import type { StatisticsStore } from '../../core/tasks/statistics.ts';
import type { TaskState } from '../../core/tasks/task.ts';
import type { LeasedTask, TaskStore } from '../../core/tasks/task-store.ts';
import type { UnreadAnswerStore } from '../../core/upstreams/unread-answer.ts';
import type { WebhookStore } from '../../core/webhooks/webhook-store.ts';
import { openForReading, openForWriting, prepareDatabase } from './database.ts';
import { createDamageReport, explained } from './damage.ts';
import { refuseForeignLog } from './foreign-log.ts';
import { createInsertTasks } from './insert-tasks.ts';
import { createKeyWrites } from './key-writes.ts';
import { createReads } from './reads.ts';
import { type Row, toAttempt, toLeasedTask } from './rows.ts';
import { createStatisticsReads } from './statistics-reads.ts';
import { createUnreadAnswerStore } from './unread-answers.ts';
import { createWebhookReads } from './webhook-reads.ts';
import { createWebhookStore } from './webhook-store.ts';
import { startWriter } from './writer.ts';

/** Where the database of a data directory lies. */
export function databaseFile(directory: string): string {
  return join(directory, 'plantain.db');
}

/**
 * Opens the store, bringing its schema up to date first. `onDeath` is called when it becomes unusable by itself, `onDamage` with a
 * sentence for the operator when some of it can't be read.
 */
export function openSqliteStore(options: {
  directory: string;
  changes: Changes;
  onDeath: (error: Error) => void;
  onDamage?: (sentence: string) => void;
}): TaskStore & KeyStore & FileStore & WebhookStore & StatisticsStore & UnreadAnswerStore {
  const file = prepareFile(options.directory);
  const reader = openForReading(file);
  const explain = createDamageReport(file, options.onDamage ?? (() => {}));
  const allReads = createReads(reader, (error, isOver) => {
    explain(error);
    // All that is read from here on would be as old as the snapshot.
    if (!isOver) options.onDeath(new Error(`${file} can’t be read any more.`, { cause: error }));
  });
  const { endSnapshot, ...reads } = explained(allReads, explain);
  const writer = startWriter(file, { onCommit: endSnapshot, onDeath: options.onDeath, explain });
  const insertTasks = createInsertTasks(writer);
  const tell = (taskId: string, state: TaskState) => options.changes.tell({ taskId, state });

  function toTaken(rows: { task: Row; attempts: Row[] }[]): LeasedTask[] {
    const leased = rows.map(({ task, attempts }) => toLeasedTask(task, attempts));
    leased.sort((a, b) => a.task.dueAt - b.task.dueAt);
    for (const { task } of leased) tell(task.id, 'running');
    return leased;
  }

  return {
    ...reads,
    ...createWebhookStore(explained(createWebhookReads(reader), explain), writer),
    ...explained(createStatisticsReads(reader), explain),
    ...explained(createUnreadAnswerStore(reader, writer), explain),
    foldStatistics: (now) => writer.write('foldStatistics', now),
    async insert(tasks, once) {
      const kept = await insertTasks(tasks, once);
      if (kept === null) for (const { id } of tasks) tell(id, 'pending');
      return kept;
    },
    takeDue: async (due) => toTaken(await writer.write('takeDue', due)),
    takeOperations: async (due) => toTaken(await writer.write('takeOperations', due)),
    async openAttemptIfLeased(lease, call) {
      const row = await writer.write('openAttempt', lease, call);
      if (row !== null) tell(lease.taskId, 'running');
      return row === null ? null : toAttempt(row);
    },
    async closeAttemptIfLeased(lease, at, end) {
      const done = await writer.write('closeAttempt', lease, at, end);
      if (done) tell(lease.taskId, 'running');
      return done;
    },
    saveOperationIfLeased: (lease, operation) =>
      writer.write('saveOperation', lease, JSON.stringify(operation)),
    saveInputsIfLeased: (lease, inputs) => writer.write('saveInputs', lease, JSON.stringify(inputs)),
    async renewLeases(leases, renewal) {
      const { lost, cancelled } = await writer.write('renewLeases', leases, renewal);
      const isLost = new Set(lost);
      for (const { lease } of leases) if (!isLost.has(lease.taskId)) tell(lease.taskId, 'running');
      return { lost, cancelled };
    },
    async finishIfLeased(lease, end) {
      const done = await writer.write('finishIfLeased', lease, end);
      if (done) tell(lease.taskId, end.outcome.state);
      return done;
    },
    async finishIfPending(taskId, end, changed) {
      const done = await writer.write('finishIfPending', taskId, end, changed ?? null);
      if (done) tell(taskId, end.outcome.state);
      return done;
    },
    async requestCancelIfRunning(taskId, at) {
      const done = await writer.write('requestCancel', taskId, at);
      if (done) options.changes.tell({ taskId, state: 'running', cancelRequested: true });
      return done;
    },
    deleteExpiredAnswers: (now) => writer.write('deleteExpiredAnswers', now),
    async putBackIfLeased(lease, back) {
      const done = await writer.write('putBackIfLeased', lease, back);
      if (done) tell(lease.taskId, 'pending');
      return done;
    },
    async markPicturesDeleted(taskIds, at) {
      await writer.write('markPicturesDeleted', taskIds, at);
      for (const taskId of taskIds) tell(taskId, 'succeeded');
    },
    async deleteFinished(old) {
      const deleted = await writer.write('deleteFinished', old);
      for (const { id, state } of deleted) tell(id, state);
      return deleted.length;
    },
    async deleteIfFinal(taskId, keyId, at) {
      const deleted = await writer.write('deleteIfFinal', taskId, keyId, at);
      if (deleted !== null) tell(taskId, deleted.state);
      return deleted?.pictures ?? null;
    },
    async pullBack(now) {
      const pulled = await writer.write('pullBack', now);
      for (const { id, state } of pulled) tell(id, state);
      return pulled.length;
    },
    forgetPictures: (keys) => writer.write('forgetPictures', keys),
    insertFile: (uploaded) => writer.write('insertFile', uploaded),
    deleteFile: (id, keyId) => writer.write('deleteFile', id, keyId),
    deleteExpiredFiles: (now) => writer.write('deleteExpiredFiles', now),
    insertKey: (key, hash) => writer.write('insertKey', key, Buffer.from(hash).toString('hex')),
    revokeKey: (id, at) => writer.write('revokeKey', id, at),
    changeKey: (id, change, now) => writer.write('changeKey', id, change, now),
    async ping() {
      reads.findView('');
      await writer.write('ping');
    },
    async close() {
      // The writer last: who closes last folds the log into the database, which a reader can't.
      endSnapshot();
      if (reader.isOpen) reader.close();
      await writer.close();
    },
  };
}

/** Opens only the keys, in this thread: for a command that runs beside a server or without one. */
export function openSqliteKeys(directory: string): KeyStore & { close(): void } {
  const database = openForWriting(prepareFile(directory));
  const { findKey, findKeyByHash, listKeys } = createReads(database);
  const writes = createKeyWrites(database);
  return {
    findKey,
    findKeyByHash,
    listKeys,
    insertKey: async (key, hash) => writes.insertKey(key, Buffer.from(hash).toString('hex')),
    revokeKey: async (id, at) => writes.revokeKey(id, at),
    changeKey: async (id, change, now) => writes.changeKey(id, change, now),
    close: () => database.close(),
  };
}

function prepareFile(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = databaseFile(directory);
  refuseForeignLog(file);
  prepareDatabase(file);
  return file;
}
