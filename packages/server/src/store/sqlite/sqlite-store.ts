// The embedded store: one file, one writer thread, reads on the calling thread.
// A promise of a write resolves after the commit is on disk, and whoever listens to `changes` is notified before.

import type { Changes } from '../../core/tasks/changes.ts';
import type { LeasedTask } from '../../core/tasks/task-queue.ts';
import { countOf } from '../../core/tasks/task.ts';
import type { TaskStore } from '../../core/tasks/task-store.ts';
import type { OnSchemaStep, OnWritten, Store } from '../store.ts';
import { asynchronous } from './asynchronous.ts';
import { openForReading } from './database.ts';
import { prepareFile } from './database-file.ts';
import { createDamageReport, explained } from './damage.ts';
import { createGauges } from './gauges/gauges.ts';
import { createInsertTasks } from './insert-tasks.ts';
import { createAllReads } from './reads/all-reads.ts';
import { addUpDays } from './usage/usage-reads.ts';
import { toAttempt, toLeasedTask, toTask } from '../rows.ts';
import { hex } from './writes/key-writes.ts';
import type { TaskRows } from './writes/take-writes.ts';
import { forwarded, startThread, type StartThread, startWriter, type Writer } from './writes/writer.ts';

/**
 * Opens the store, bringing its schema up to date first. `onDeath` is called when it becomes unusable by itself, `onDamage` with a
 * sentence for the operator when some of it can't be read.
 */
export function openSqliteStore(options: {
  directory: string;
  changes: Changes;
  onDeath: (error: Error) => void;
  onDamage?: (sentence: string) => void;
  onSchemaStep?: OnSchemaStep;
  /** Starts the thread that writes. */
  startWriter?: StartThread;
  onWritten?: OnWritten;
}): Store {
  const { directory, onSchemaStep, startWriter: start = startThread } = options;
  const file = prepareFile(directory, { ...(onSchemaStep && { onSchemaStep }) });
  const reader = openForReading(file);
  const explain = createDamageReport(file, options.onDamage ?? (() => {}));
  const { reads: plainReads, endSnapshot } = createAllReads(reader, (error, isOver) => {
    explain(error);
    // Reads from here on would be as old as the snapshot.
    if (!isOver) options.onDeath(new Error(`${file} can’t be read any more.`, { cause: error }));
  });
  const reads = explained(plainReads, explain);
  const writer = startWriter(start(file), {
    onCommit(changes) {
      endSnapshot();
      options.changes.notify(changes);
    },
    onDeath: options.onDeath,
    explain,
    ...(options.onWritten && { onWritten: options.onWritten }),
  });
  const gauges = createGauges(file, explain);

  return {
    ...asynchronous(reads),
    readGauges: gauges.readGauges,
    countPendingByModel: gauges.countPendingByModel,
    findStatusNow: reads.findStatus,
    findKeyNow: reads.findKeyByHash,
    usageOf: addUpDays(reads.usageOfNextDay),
    standingsOf: async (subjects, at, defaults = {}) =>
      reads.knownStandings(subjects, at, defaults) ?? writer.write('keepStandings', subjects, at, defaults),
    ...taskWrites(writer),
    ...otherWrites(writer),
    async ping() {
      reads.findStatus('', '', '');
      await writer.write('ping');
    },
    async close() {
      // The writer last: who closes last folds the log into the database, which a reader can't.
      endSnapshot();
      await gauges.close();
      if (reader.isOpen) reader.close();
      await writer.close();
    },
  };
}

function taskWrites(writer: Writer) {
  const taken = async (rows: Promise<TaskRows[]>): Promise<LeasedTask[]> =>
    (await rows).map(toLeased).toSorted((a, b) => a.task.dueAt - b.task.dueAt);
  const whole = async (rows: Promise<TaskRows[]>) =>
    (await rows).map(({ task, attempts }) => toTask(task, attempts));
  return {
    ...forwarded(writer, [
      'closeAttemptIfLeased',
      'saveOperationIfLeased',
      'saveInputsIfLeased',
      'renewLeases',
      'finishIfLeased',
      'finishIfPending',
      'requestCancelIfRunning',
      'putBackIfLeased',
      'claimExpiredPictures',
      'markPicturesDeleted',
      'defaultInputLifetime',
      'oldestOpenWithInputs',
      'deletePrompts',
      'deleteFinished',
      'deletePassedTurns',
      'writeOverDeleted',
      'deleteIfFinal',
      'claimPicturesToDelete',
      'forgetPictures',
      'deleteExpiredAnswers',
      'claimTry',
      'endTries',
      'pullBack',
    ]),
    insert: createInsertTasks(writer),
    judge(tasks, gate) {
      const judged = tasks.map(({ keyId, ownerId, createdAt, model, price, request }) => {
        const pictures = countOf(request);
        return { keyId, createdAt, model, pictures, ...(ownerId && { ownerId }), ...(price && { price }) };
      });
      return writer.write('judge', judged, gate);
    },
    takeDue: takingDue(writer),
    releaseHeld: (defaults) => writer.write('releaseHeld', defaults ?? null),
    takeOperations: (due) => taken(writer.write('takeOperations', due)),
    claimExpiredLeases: (claim) => taken(writer.write('claimExpiredLeases', claim)),
    claimPastDeadline: (claim) => whole(writer.write('claimPastDeadline', claim)),
    claimCancelled: (claim) => whole(writer.write('claimCancelled', claim)),
    async openAttemptIfLeased(lease, call) {
      const row = await writer.write('openAttemptIfLeased', lease, call);
      return row === null ? null : toAttempt(row);
    },
  } satisfies Partial<TaskStore>;
}

function toLeased({ task, attempts, opened = false }: TaskRows): LeasedTask {
  return toLeasedTask(task, attempts, opened);
}

/** A take that has many tasks to hold goes on in another write, so that other writes come in between. */
function takingDue(writer: Writer): TaskStore['takeDue'] {
  return async (due) => {
    const all: LeasedTask[] = [];
    for (let { needs } = due; needs.length > 0;) {
      try {
        const { taken, rest } = await writer.write('takeDue', { ...due, needs });
        for (const rows of taken) all.push(toLeased(rows));
        needs = rest;
      } catch (error) {
        // Tasks that were taken before are to be worked on all the same.
        if (all.length === 0) throw error;
        return all;
      }
    }
    return all;
  };
}

function otherWrites(writer: Writer) {
  return {
    ...forwarded(writer, [
      'insertFile',
      'deleteFile',
      'deleteFilesOfKey',
      'deleteExpiredFiles',
      'saveClientBatch',
      'changeClientBatch',
      'deleteClientBatch',
      'deleteClientBatchesOfKey',
      'deleteExpiredClientBatches',
      'revokeKey',
      'changeKey',
      'noteKeyUses',
      'insertSession',
      'noteSessionUse',
      'deleteSession',
      'deleteSessionsOfKey',
      'deleteEndedSessions',
      'insertSignInLink',
      'takeSignInLink',
      'insertOwner',
      'changeOwner',
      'deleteOwner',
      'markEmptied',
      'writeDeclarationsIfStill',
      'insertEndpoint',
      'changeEndpoint',
      'deleteEndpoint',
      'ensureSecret',
      'rotateSecret',
      'deleteExpiredSecrets',
      'insertTest',
      'claimDelivery',
      'releaseDelivery',
      'recordAttempt',
      'replayDelivery',
      'replayDeliveries',
      'deleteFinishedDeliveries',
      'foldStatistics',
      'storeUnreadAnswer',
      'deleteUnreadAnswers',
      'appendAudit',
      'insertAlert',
      'deleteOldAudit',
      'adjust',
      'endHold',
    ]),
    insertKey: (key, hash, audited, limited) => writer.write('insertKey', key, hex(hash), audited, limited),
    insertFirstKey: (key, hash, audited) => writer.write('insertFirstKey', key, hex(hash), audited),
    rollKey: (id, { hash, ...rest }, audited) =>
      writer.write('rollKey', id, { ...rest, hash: hex(hash) }, audited),
  } satisfies Partial<Omit<Store, keyof TaskStore>>;
}
