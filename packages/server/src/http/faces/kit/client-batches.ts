// Batches of other APIs' clients: each is one batch of tasks, and a record of what its face said beside them. How far it is, is read from its
// tasks every time.

import type { BatchCounts, ClientBatch, ClientBatchStore } from '../../../core/batches/client-batches.ts';
import type { CancelTask } from '../../../core/commands/cancel-task.ts';
import { isDatabaseAway, RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { Submission } from '../../../core/submit/submission.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import type { Clock } from '../../../lib/clock.ts';
import { newTaskId } from '../../../lib/ids.ts';
import { createTurnKeeper } from '../../../lib/turns/turn-keeper.ts';
import type { ActingKey } from '../../access/own-task.ts';
import type { Body } from '../../body/body-fields.ts';
import type { EarlierTries } from '../../submit/earlier-tries.ts';
import type { NestedPictures } from '../../submit/nested-pictures.ts';
import { type SubmitParts, takeSubmit } from '../../submit/take-submit.ts';
import type { TaskCall } from './run-task.ts';

/** Record of a batch beside its tasks. `Said` is the face's. */
export interface BatchRecord<Said> {
  said: Said;
  /** Number of its tasks. */
  total: number;
  /** True once its tasks are stored. */
  isSubmitted: boolean;
  /** Time at which it was cancelled as a whole, Unix milliseconds. */
  cancelledAt?: number;
}

/** Record of a task. `Line` is the face's; `task` its id. */
export type BatchLine<Line> = Line & { task?: string | undefined };

export type BatchPhase =
  'validating' | 'failed' | 'in_progress' | 'cancelling' | 'cancelled' | 'expired' | 'completed';

export interface KnownBatch<Said> extends Omit<ClientBatch, 'record' | 'face'>, BatchRecord<Said> {
  counts: BatchCounts;
  phase: BatchPhase;
}

export interface ReadClientBatch<Said, Line> {
  submissions: Submission[];
  /** In the order of the submissions. */
  lines: Line[];
  said: Said;
  /** Unix milliseconds. */
  expiresAt: number;
  warnings: string[];
}

export interface ClientBatchesParts extends SubmitParts {
  store: ClientBatchStore & Pick<TaskReads, 'batch'>;
  tries: EarlierTries;
  /** For a batch. */
  actingKey: ActingKey;
  cancel: CancelTask;
  clock: Clock;
}

export interface ClientBatches<Said, Line> {
  /** Accepts the batch that `read` finds in the body, all of it or nothing. Rejects with `RequestError`, and with what `read` throws. */
  submit(
    call: Pick<TaskCall, 'caller' | 'request' | 'reply' | 'count'>,
    read: (body: Body) => Promise<ReadClientBatch<Said, Line>>,
    pictures?: NestedPictures,
  ): Promise<{ batchId: string; warnings: string[] }>;
  /** Stores a batch that has no tasks, as what was to be its tasks can't be read. */
  saveFailed(caller: Caller, said: Said, expiresAt: number): Promise<string>;
  find(caller: Caller, id: string): Promise<KnownBatch<Said> | null>;
  /** Newest first. */
  list(caller: Caller, page: { beforeId?: string; limit: number }): Promise<KnownBatch<Said>[]>;
  /** Cancels every task that has not ended. */
  cancelAll(batch: KnownBatch<Said>): Promise<void>;
  /** Changes what the face said, as it is by then. */
  change(batch: KnownBatch<Said>, to: (said: Said) => Said): Promise<void>;
  /** Deletes the record; its tasks stay. */
  forget(batch: KnownBatch<Said>): Promise<void>;
  lines(batch: KnownBatch<Said>): Promise<BatchLine<Line>[]>;
}

/** Time for which a batch without tasks may be one whose tasks are on their way. Fetching their pictures takes some. */
const submittingMs = 15 * 60_000;
const nothing: NestedPictures = { uris: [], base64: [] };

export function createClientBatches<Said, Line extends object>(
  parts: ClientBatchesParts,
  face: string,
): ClientBatches<Said, Line> {
  const { store, actingKey, cancel, clock } = parts;

  async function known({ record, face: _face, ...batch }: ClientBatch): Promise<KnownBatch<Said>> {
    const stored = JSON.parse(record) as BatchRecord<Said>;
    const counts = await store.countBatch(batch.id, batch.keyId);
    return { ...batch, ...stored, counts, phase: phaseOf(stored, batch, counts, clock.now()) };
  }
  function toStored({ keyId }: Pick<Caller, 'keyId'>, expiresAt: number, record: BatchRecord<Said>) {
    const createdAt = clock.now();
    return { id: newTaskId(), keyId, face, createdAt, expiresAt, record: JSON.stringify(record) };
  }

  const lines = (batch: KnownBatch<Said>) => linesOf<Line>(store, { ...batch, face });

  return {
    submit: (call, read, pictures = nothing) => submit({ ...parts, toStored }, call, read, pictures),
    async saveFailed(caller, said, expiresAt) {
      const batch = toStored(caller, expiresAt, { said, total: 0, isSubmitted: false });
      await store.saveClientBatch(batch, '[]');
      return batch.id;
    },
    async find(caller, id) {
      const batch = await store.findClientBatch(id, await actingKey(caller, id), face);
      if (batch === null) return null;
      const found = await known(batch);
      // As soon as somebody asks, before a task may be deleted.
      if (!found.isSubmitted && found.total > 0 && found.counts.total === found.total) await lines(found);
      return found;
    },
    async list({ keyId }, page) {
      return await inTurns(await store.listClientBatches({ keyId, face, ...page }), known);
    },
    async cancelAll(batch) {
      const cancelledAt = clock.now();
      // First, so that whoever asks while its tasks are cancelled one by one sees why they end.
      await changeRecord<Said>(store, { ...batch, face }, (stored) => ({ ...stored, cancelledAt }));
      const tasks = await store.batch(batch.id, batch.keyId);
      const open = tasks.filter(({ state }) => state === 'pending' || state === 'running');
      await Promise.all(open.map(({ id }) => cancel(id, batch.keyId)));
    },
    async change(batch, to) {
      await changeRecord<Said>(store, { ...batch, face }, (stored) => ({ ...stored, said: to(stored.said) }));
    },
    async forget({ id, keyId }) {
      await store.deleteClientBatch(id, keyId);
    },
    lines,
  };
}

/** Reads the records of a batch's tasks. */
async function linesOf<Line extends object>(
  store: ClientBatchesParts['store'],
  { id, keyId, face, isSubmitted }: Pick<ClientBatch, 'id' | 'keyId' | 'face'> & { isSubmitted: boolean },
): Promise<BatchLine<Line>[]> {
  const lines = JSON.parse((await store.findClientBatchLines(id, keyId)) ?? '[]') as BatchLine<Line>[];
  if (isSubmitted || lines.every(({ task }) => task !== undefined)) return lines;
  // The server was killed between its tasks and their ids: they are in the order of the lines, until one is deleted. Nobody knows whose they are then.
  const tasks = await store.batch(id, keyId);
  if (tasks.length !== lines.length) return lines;
  const found = withTasks(
    lines,
    tasks.map((task) => task.id),
  );
  await saveSubmitted(store, { id, keyId, face }, found);
  return found;
}

/** Reads one batch after the other: all tasks of each are counted, on SQLite on the main thread. */
async function inTurns<Batch, Known>(
  batches: Batch[],
  read: (batch: Batch) => Promise<Known>,
): Promise<Known[]> {
  const keepTurns = createTurnKeeper();
  const known: Known[] = [];
  for (const batch of batches) {
    await keepTurns();
    known.push(await read(batch));
  }
  return known;
}

/** Throws `RequestError` (`overloaded`) while the tasks of a batch are being stored: none is there yet that could be cancelled. */
export function refuseUnsubmitted({ phase }: Pick<KnownBatch<unknown>, 'phase'>): void {
  if (phase !== 'validating') return;
  const message = 'The tasks of this batch are being stored. Cancel it in a moment.';
  throw new RequestError('overloaded', message, { retryAfterSeconds: 1 });
}

interface SubmitBatchParts<Said> extends ClientBatchesParts {
  toStored: (caller: Pick<Caller, 'keyId'>, expiresAt: number, record: BatchRecord<Said>) => ClientBatch;
}

/** The record is stored before the tasks, so that no crash leaves tasks of a batch that nobody can ask for. */
async function submit<Said, Line extends object>(
  parts: SubmitBatchParts<Said>,
  call: Pick<TaskCall, 'caller' | 'request' | 'reply' | 'count'>,
  read: (body: Body) => Promise<ReadClientBatch<Said, Line>>,
  pictures: NestedPictures,
): Promise<{ batchId: string; warnings: string[] }> {
  const { store, tries, toStored } = parts;
  const { keyId } = call.caller;
  let stored: { batch: ClientBatch; asked: ReadClientBatch<Said, Line>; taskIds: string[] } | undefined;
  const forget = async () => stored && (await store.deleteClientBatch(stored.batch.id, keyId));
  const take = async (body: Body) => {
    const asked = await read(body);
    const { submissions, lines, said, expiresAt, warnings } = asked;
    const batch = toStored(call.caller, expiresAt, { said, total: lines.length, isSubmitted: false });
    await store.saveClientBatch(batch, JSON.stringify(lines));
    const kept = { batch, asked, taskIds: [] as string[] };
    stored = kept;
    return {
      submissions,
      batchId: batch.id,
      answer(taskIds: string[]) {
        kept.taskIds = taskIds;
        return JSON.stringify({ batchId: batch.id, taskId: taskIds[0], warnings });
      },
    };
  };
  let accepted: { batchId: string; warnings: string[] };
  try {
    accepted = JSON.parse(
      await takeSubmit(parts, call, take, { pictures, tried: { tries } }),
    ) as typeof accepted;
  } catch (error) {
    // Of anything else, and of a database that went away, nobody knows whether the tasks are stored all the same.
    if (error instanceof RequestError && !isDatabaseAway(error)) await forget();
    throw error;
  }
  if (stored === undefined) return accepted;
  const { batch, asked, taskIds } = stored;
  if (batch.id === accepted.batchId) await saveSubmitted(store, batch, withTasks(asked.lines, taskIds));
  else {
    await keepRecord(store, { ...batch, id: accepted.batchId }, asked.lines);
    await forget();
  }
  return accepted;
}

/** Stores the record of an equal request's batch where that has tasks and no record. */
async function keepRecord(
  store: ClientBatchStore,
  batch: ClientBatch,
  lines: readonly object[],
): Promise<void> {
  const { id, keyId, face } = batch;
  if ((await store.findClientBatch(id, keyId, face)) !== null) return;
  const { total } = await store.countBatch(id, keyId);
  if (total > 0) await store.saveClientBatch(batch, JSON.stringify(lines));
}

/** Stores the ids of the tasks. */
async function saveSubmitted(
  store: ClientBatchStore,
  of: BatchOf,
  lines: readonly BatchLine<object>[],
): Promise<void> {
  await changeRecord(store, of, (stored) => ({ ...stored, isSubmitted: true }), JSON.stringify(lines));
}

type BatchOf = Pick<ClientBatch, 'id' | 'keyId' | 'face'>;

/** Changes the record as it is at that moment: another call, or another server, may have cancelled or deleted the batch since it was read. */
async function changeRecord<Said>(
  store: ClientBatchStore,
  { id, keyId, face }: BatchOf,
  to: (stored: BatchRecord<Said>) => BatchRecord<Said>,
  lines?: string,
): Promise<void> {
  for (;;) {
    const batch = await store.findClientBatch(id, keyId, face);
    if (batch === null) return;
    const record = recordOf(to(JSON.parse(batch.record) as BatchRecord<Said>));
    if (await store.changeClientBatch(id, keyId, { seen: batch.record, record, lines })) return;
  }
}

function recordOf<Said>({ said, total, isSubmitted, cancelledAt }: BatchRecord<Said>): string {
  const cancelled = cancelledAt === undefined ? {} : { cancelledAt };
  return JSON.stringify({ said, total, isSubmitted, ...cancelled } satisfies BatchRecord<Said>);
}

/** Writes the ids into the lines. */
function withTasks<Line extends object>(lines: readonly Line[], ids: readonly string[]): BatchLine<Line>[] {
  return lines.map((line, index) => Object.assign(line, { task: ids[index] ?? '' }));
}

function phaseOf(
  { total, isSubmitted, cancelledAt }: BatchRecord<unknown>,
  { createdAt }: Pick<ClientBatch, 'createdAt'>,
  counts: BatchCounts,
  now: number,
): BatchPhase {
  if (total === 0) return 'failed';
  if (counts.total === 0 && !isSubmitted) return now - createdAt < submittingMs ? 'validating' : 'failed';
  if (counts.succeeded + counts.failed < counts.total)
    return cancelledAt === undefined ? 'in_progress' : 'cancelling';
  if (cancelledAt !== undefined && counts.cancelled > 0) return 'cancelled';
  return counts.late > 0 ? 'expired' : 'completed';
}
