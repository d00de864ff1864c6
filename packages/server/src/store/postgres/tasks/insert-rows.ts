// Statements that insert tasks with what is reserved for them.

import { neededInputs } from '../../../core/upstreams/needs.ts';
import type { NewTask } from '../../../core/tasks/task-store.ts';
import { countOf, type TaskRequest } from '../../../core/tasks/task.ts';
import { finalEvents, receiverOf } from '../../../core/webhooks/webhook.ts';
import { changedNow } from '../changes-order.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';
import type { Transaction } from '../database/writer.ts';
import { type BalanceChange, sharedLock } from '../ledger/balance-changes.ts';
import { arriving } from '../order/arrivals.ts';
import { submittedCounts } from './counts.ts';

/** A new task with the parts of its request that have columns of their own. */
export interface TaskRow extends Omit<NewTask, 'request'> {
  /** As JSON. */
  request: string;
  inputs: number;
  pictures: number;
  expiresInMs: number | null;
  batchPlace: number | null;
  callback: Callback | null;
  /** `null` where nothing is entered into the ledger. */
  reservedMicroUsd: number | null;
}

interface Callback {
  url: string;
  host: string;
  /** With commas between. */
  events: string;
}

/** Row of a task of whom nothing is limited, and its place among those that came with it. */
export function toRow([place, { request, ...task }]: [number, NewTask]): TaskRow {
  const { inputs, expiresInSeconds } = request;
  const amount = task.price?.estimatedMicroUsd ?? 0;
  return {
    ...task,
    request: JSON.stringify(request),
    inputs: neededInputs(inputs),
    pictures: countOf(request),
    expiresInMs: expiresInSeconds === undefined ? null : expiresInSeconds * 1000,
    batchPlace: task.batchId === undefined ? null : place,
    callback: toCallback(request),
    reservedMicroUsd: amount > 0 ? amount : null,
  };
}

/** Has a task entered into the ledger even if it is free, as its key or its owner has a limit. */
export const withReservation = (row: TaskRow): TaskRow => ({
  ...row,
  reservedMicroUsd: row.reservedMicroUsd ?? 0,
});

export function toCallback({ callbackUrl: url, callbackEvents = finalEvents }: TaskRequest): Callback | null {
  return url === undefined
    ? null
    : { url: toColumn(url), host: receiverOf(url), events: callbackEvents.join() };
}

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
  estimated_micro_usd: ['bigint', ({ price }) => price?.estimatedMicroUsd ?? null],
  unit_micro_usd: ['bigint', ({ price }) => price?.unitMicroUsd ?? null],
  reserved_micro_usd: ['bigint', ({ reservedMicroUsd }) => reservedMicroUsd],
  picture_count: ['integer', ({ pictures }) => pictures],
  request: ['text', ({ request }) => request],
});

/** `left` holds for rows that are not inserted, and `also` is an item of the SELECT, after what was inserted. */
function insertSql(left: string, also: string): string {
  return `WITH asked AS MATERIALIZED (SELECT *, ${left} AS is_left FROM ${newRows.table}),
  inserted AS (
    INSERT INTO tasks (id, key_id, owner_id, priority, state, action, model, inputs, created_at, updated_at, due_at, deadline_at, expires_in_ms, batch_id,
      batch_place, callback_url, callback_host, callback_events, estimated_micro_usd, unit_micro_usd, reserved_micro_usd, picture_count, changed, request)
    SELECT id, key_id, owner_id, priority, 'pending', action, model, inputs, created_at, created_at, created_at, deadline_at, expires_in_ms, batch_id,
      batch_place, callback_url, callback_host, string_to_array(events, ','), estimated_micro_usd, unit_micro_usd, reserved_micro_usd, picture_count, ${changedNow}, request
    FROM asked WHERE NOT is_left
    RETURNING id, id AS task_id, key_id, owner_id, -priority AS rank, model, inputs, created_at, deadline_at, reserved_micro_usd, picture_count),
  queued AS (
    INSERT INTO waiting (model, inputs, owner_id, rank, task_id, key_id, due_at, deadline_at, state)
    SELECT model, inputs, owner_id, rank, id, key_id, created_at, deadline_at, 'ready' FROM inserted),
  arrived AS (${arriving('SELECT * FROM inserted')}),
  reserved AS (
    INSERT INTO ledger (task_id, kind, attempt, key_id, owner_id, at, reserved_at, reserved_delta, spent_delta, pictures_delta)
    SELECT id, 'reserve', 0, key_id, owner_id, created_at, created_at, reserved_micro_usd, 0, picture_count
    FROM inserted WHERE reserved_micro_usd IS NOT NULL),
  ${submittedCounts}
  SELECT pg_current_xact_id()::text AS number, ARRAY(SELECT place::integer FROM asked WHERE is_left) AS left, ${also}`;
}

const isLimited = 'EXISTS (SELECT FROM limits WHERE subject_id IN (asked.owner_id, asked.key_id))';

/** Locks those who have entered something, so that nobody makes a balance of them without it. */
const lockEntered = `(SELECT count(locked) FROM (
    SELECT ${sharedLock('key')} AS locked FROM (
      SELECT DISTINCT hashtext(subject_id) AS key FROM inserted CROSS JOIN LATERAL (VALUES (owner_id), (key_id)) AS s (subject_id)
      WHERE reserved_micro_usd IS NOT NULL) AS keys) AS locks) AS locked`;

const freeSql = insertSql(isLimited, lockEntered);
const judgedSql = insertSql('false', 'NULL');

/**
 * Inserts the tasks of those whom no row of limits limits, and gives those whom one does. No other statement is waited for: balances of keys and
 * owners that are no longer limited are looked for beside it.
 */
export async function insertIfFree<Each extends { rows: readonly TaskRow[] }>(
  transaction: Transaction,
  all: readonly Each[],
): Promise<Each[]> {
  const rows = all.flatMap((each) => each.rows);
  if (rows.length === 0) return [];
  const entered = rows.filter(({ reservedMicroUsd }) => reservedMicroUsd !== null);
  const [[row = {}], balances] = await Promise.all([
    transaction.query(freeSql, newRows.of(rows)),
    findBalances(transaction.query, entered),
  ]);
  transaction.numbered(row['number'] as string);
  const left = new Set((row['left'] as number[]).map((place) => rows[place - 1]));
  noteInserted(
    transaction,
    rows.filter((each) => !left.has(each)),
  );
  if (balances.length > 0) transaction.balances.add(entered.filter((each) => !left.has(each)).map(toChange));
  return all.filter((each) => left.has(each.rows[0]));
}

/** Inserts tasks that were accepted, of keys and owners whom the transaction has alone. It need not be waited for: the transaction does. */
export function insertJudged(transaction: Transaction, rows: readonly TaskRow[]): Promise<unknown> {
  if (rows.length === 0) return Promise.resolve();
  noteInserted(transaction, rows);
  transaction.balances.add(rows.filter(({ reservedMicroUsd }) => reservedMicroUsd !== null).map(toChange));
  return transaction.query(judgedSql, newRows.of(rows));
}

async function findBalances(query: Query, rows: readonly TaskRow[]): Promise<unknown[]> {
  if (rows.length === 0) return [];
  const subjects = new Set(rows.flatMap(({ keyId, ownerId = keyId }) => [keyId, ownerId]));
  return await query('SELECT FROM balances WHERE subject_id = ANY ($1) LIMIT 1', [[...subjects]]);
}

function noteInserted({ note }: Transaction, rows: readonly TaskRow[]): void {
  for (const { id, keyId } of rows) note({ taskId: id, keyId, state: 'pending' });
}

function toChange({ keyId, ownerId = keyId, createdAt, reservedMicroUsd, pictures }: TaskRow): BalanceChange {
  const reservedDelta = reservedMicroUsd ?? 0;
  return { keyId, ownerId, reservedAt: createdAt, reservedDelta, spentDelta: 0, picturesDelta: pictures };
}
