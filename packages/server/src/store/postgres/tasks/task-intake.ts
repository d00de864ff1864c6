// Statements that insert tasks, and that keep the answers to requests which may come again.

import type { NewTask, StoredAnswer, TaskIntake } from '../../../core/tasks/task-store.ts';
import type { TaskRequest } from '../../../core/tasks/task.ts';
import { finalEvents, receiverOf } from '../../../core/webhooks/webhook.ts';
import { answerColumns, type Row } from '../../rows.ts';
import { sliced } from '../../slices.ts';
import { changedNow } from '../changes-order.ts';
import { submittedCounts } from './counts.ts';
import { createPendingCount } from './pending-count.ts';
import type { QueueLook } from './queue-look.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import { fromColumn, toColumn } from '../database/text.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';

/** `alone` writes one thing at a time, apart from the others. */
export function createTaskIntake(
  query: Query,
  { write }: Pick<Writer, 'write'>,
  alone: Pick<Writer, 'write'>,
  look: Pick<QueueLook, 'inserting'>,
): TaskIntake {
  const pending = createPendingCount(query);
  return {
    async insert(tasks, once = null) {
      const asked = { at: tasks[0]?.createdAt ?? 0, once };
      const [rows = []] = sliced(tasks.entries(), toRow);
      const answer = await look.inserting(asked.at, () =>
        // Rows on their way are memory that nobody has counted, and others would wait for the end of so many.
        rows.length === tasks.length
          ? write(insertTasks, { ...asked, rows })
          : alone.write(insertLarge, [tasks, asked]),
      );
      if (answer !== null) return { kind: 'repeated', answer };
      pending.add(tasks.length);
      return { kind: 'inserted' };
    },
    judge: () => Promise.resolve(null),
    async findAnswer(keyId, idempotencyKey, now) {
      const [row] = await query(
        `SELECT ${answerColumns} FROM kept_answers WHERE key_id = $1 AND idempotency_key = $2 AND expires_at > $3`,
        [keyId, toColumn(idempotencyKey), now],
      );
      return row === undefined ? null : toAnswer(row);
    },
    countPending: pending.count,
  };
}

/** A new task with the parts of its request that have columns of their own. */
interface TaskRow extends Omit<NewTask, 'request'> {
  /** As JSON. */
  request: string;
  inputs: number;
  expiresInMs: number | null;
  batchPlace: number | null;
  callback: Callback | null;
}

interface Callback {
  url: string;
  host: string;
  /** With commas between. */
  events: string;
}

/** Row of a task, and its place among those that came with it. */
function toRow([place, { request, ...task }]: [number, NewTask]): TaskRow {
  const { inputs, expiresInSeconds } = request;
  return {
    ...task,
    request: JSON.stringify(request),
    inputs: inputs.length,
    expiresInMs: expiresInSeconds === undefined ? null : expiresInSeconds * 1000,
    batchPlace: task.batchId === undefined ? null : place,
    callback: toCallback(request),
  };
}

export function toCallback({ callbackUrl: url, callbackEvents = finalEvents }: TaskRequest): Callback | null {
  return url === undefined
    ? null
    : { url: toColumn(url), host: receiverOf(url), events: callbackEvents.join() };
}

/** A request to insert tasks, as far as its answer is kept. */
interface Asked {
  /** Time of the request, Unix milliseconds. */
  at: number;
  once: StoredAnswer | null;
}

const insertTasks = async (
  transaction: Transaction,
  all: readonly (Asked & { rows: readonly TaskRow[] })[],
): Promise<(StoredAnswer | null)[]> => {
  const kept = await keepOnce(transaction, all);
  await insertRows(
    transaction,
    all.flatMap((asked) => (kept.has(asked) ? [] : asked.rows)),
  );
  return all.map((asked) => kept.get(asked) ?? null);
};

const insertLarge = oneByOne(
  async (transaction: Transaction, tasks: readonly NewTask[], asked: Asked): Promise<StoredAnswer | null> => {
    const kept = await keepOnce(transaction, [asked]);
    if (kept.has(asked)) return kept.get(asked) ?? null;
    for (const rows of sliced(tasks.entries(), toRow)) await insertRows(transaction, rows);
    return null;
  },
);

const newRows = rowParameters<TaskRow>({
  id: ['text', ({ id }) => id],
  key_id: ['text', ({ keyId }) => keyId],
  owner_id: ['text', ({ ownerId, keyId }) => ownerId ?? keyId],
  priority: ['integer', ({ priority = 0 }) => priority],
  action: ['text', ({ action }) => action],
  model: ['text', ({ model }) => model],
  inputs: ['integer', ({ inputs }) => inputs],
  created_at: ['bigint', ({ createdAt }) => createdAt],
  deadline_at: ['bigint', ({ deadlineAt }) => deadlineAt],
  expires_in_ms: ['bigint', ({ expiresInMs }) => expiresInMs],
  batch_id: ['text', ({ batchId }) => batchId ?? null],
  batch_place: ['integer', ({ batchPlace }) => batchPlace],
  callback_url: ['text', ({ callback }) => callback?.url ?? null],
  callback_host: ['text', ({ callback }) => callback?.host ?? null],
  events: ['text', ({ callback }) => callback?.events ?? null],
  request: ['text', ({ request }) => request],
});

const insertSql = `WITH inserted AS (
    INSERT INTO tasks (id, key_id, owner_id, priority, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, expires_in_ms, batch_id,
      batch_place, callback_url, callback_host, callback_events, changed, request)
    SELECT id, key_id, owner_id, priority, 'pending', action, model, inputs, created_at, created_at, created_at, deadline_at, expires_in_ms, batch_id,
      batch_place, callback_url, callback_host, string_to_array(events, ','), ${changedNow}, request
    FROM ${newRows.table} RETURNING id, model, inputs, created_at, due_at, deadline_at),
  queued AS (
    INSERT INTO waiting (model, inputs, due_at, task_id, deadline_at, resumes)
    SELECT model, inputs, due_at, id, deadline_at, false FROM inserted),
  ${submittedCounts}
  SELECT pg_current_xact_id()::text AS number`;

async function insertRows({ query, note, numbered }: Transaction, rows: readonly TaskRow[]): Promise<void> {
  if (rows.length === 0) return;
  for (const { id, keyId } of rows) note({ taskId: id, keyId, state: 'pending' });
  const [row] = await query(insertSql, newRows.of(rows));
  numbered(row?.['number'] as string);
}

const keptRows = rowParameters<StoredAnswer>({
  key_id: ['text', ({ keyId }) => keyId],
  idempotency_key: ['text', ({ idempotencyKey }) => toColumn(idempotencyKey)],
  request_hash: ['text', ({ requestHash }) => requestHash],
  answer: ['text', ({ answer }) => answer],
  expires_at: ['bigint', ({ expiresAt }) => expiresAt],
});

// Another transaction that has stored one and is about to commit is waited for. What is there is locked, so it stays until it is read.
const keepSql = `INSERT INTO kept_answers (${keptRows.names}) SELECT ${keptRows.names} FROM ${keptRows.table} ORDER BY place
   ON CONFLICT (key_id, idempotency_key) DO UPDATE
     SET request_hash = excluded.request_hash, answer = excluded.answer, expires_at = excluded.expires_at
     WHERE kept_answers.expires_at <= $6
   RETURNING ${answerColumns}`;

/** Stores answers under idempotency keys that have none yet; gives those that were kept to whoever asks for the same again. */
async function keepOnce<Each extends Asked>(
  { query }: Transaction,
  all: readonly Each[],
): Promise<Map<Each, StoredAnswer>> {
  const found = new Map<Each, StoredAnswer>();
  const asking = all.flatMap((asked) => (asked.once === null ? [] : [{ asked, once: asked.once }]));
  if (asking.length === 0) return found;
  const groups = [...Map.groupBy(asking, ({ once }) => nameOf(once))]
    .map(([name, [first, ...again]]) => ({ name, first: first!, again }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const now = Math.min(...asking.map(({ asked }) => asked.at));
  const stored = await query(keepSql, [...keptRows.of(groups.map(({ first }) => first.once)), now]);
  const mine = new Set(stored.map((row) => nameOf(toAnswer(row))));
  const refused = groups.filter(({ name }) => !mine.has(name)).map(({ first }) => first.once);
  const others = await findAnswers(query, refused);
  for (const { name, first, again } of groups) {
    const kept = others.get(name) ?? first.once;
    for (const { asked } of mine.has(name) ? again : [first, ...again]) found.set(asked, kept);
  }
  return found;
}

/** Name of an answer, by which they are ordered too. */
const nameOf = ({ keyId, idempotencyKey }: StoredAnswer) => JSON.stringify([keyId, idempotencyKey]);

async function findAnswers(
  query: Query,
  sought: readonly StoredAnswer[],
): Promise<Map<string, StoredAnswer>> {
  if (sought.length === 0) return new Map();
  const rows = await query(
    `SELECT ${answerColumns} FROM kept_answers WHERE key_id = ANY ($1) AND idempotency_key = ANY ($2)`,
    keptRows.of(sought).slice(0, 2),
  );
  return new Map(rows.map(toAnswer).map((answer) => [nameOf(answer), answer]));
}

function toAnswer(row: Row): StoredAnswer {
  const answer = row as unknown as StoredAnswer;
  return { ...answer, idempotencyKey: fromColumn(answer.idempotencyKey) };
}
