// Statements that write what a running task's worker does: its attempts, their operations, the inputs that it fetched.

import type { Attempt, StoredOperation, TaskInput, TaskRequest } from '../../../core/tasks/task.ts';
import type { AttemptCall, AttemptEnd, Lease, TaskQueue } from '../../../core/tasks/task-queue.ts';
import { changeOf, toAttempt, toJson } from '../../rows.ts';
import { changedNow } from '../changes-order.ts';
import { rowParameters } from '../database/parameters.ts';
import { addToDays } from './calls-of-day.ts';
import { type CallCounter, noLongerSetAside } from './open-calls.ts';
import { hasState, isOpen } from '../found-by-id.ts';
import { byPlace, leased } from './task-rows.ts';
import { changing, oneByOne, type Transaction, type Writer } from '../database/writer.ts';
import type { RoomCheck } from '../../../core/upstreams/shared-calls.ts';

type TaskAttempts = Pick<
  TaskQueue,
  | 'openAttemptIfLeased'
  | 'openAttemptIfRoom'
  | 'closeAttemptIfLeased'
  | 'saveOperationIfLeased'
  | 'saveInputsIfLeased'
>;

/** `takes` writes what is decided under the lock of takes, which its transactions begin with. */
export function createTaskAttempts(
  { write }: Pick<Writer, 'write'>,
  takes: Pick<Writer, 'write'>,
  counter: CallCounter,
): TaskAttempts {
  const openIfRoom = openingIfRoom(counter);
  return {
    openAttemptIfLeased: (lease, call) => write(openAttempts, { lease, call }),
    openAttemptIfRoom: (lease, call, room) => takes.write(openIfRoom, [{ lease, call }, room]),
    closeAttemptIfLeased: (lease, at, end, number) => write(closeAttempts, { lease, at, end, number }),
    saveOperationIfLeased: (lease, operation, number) => write(saveOperation, [lease, operation, number]),
    saveInputsIfLeased: (lease, inputs) => write(saveInputs, [lease, inputs]),
  };
}

interface Leased {
  lease: Lease;
}

export const leaseColumns = {
  id: ['text', ({ lease }: Leased) => lease.taskId],
  token: ['text', ({ lease }: Leased) => lease.token],
} as const;

/** Tasks of who has a lease. */
export const ofLease = ({ lease }: Leased): string[] => [lease.taskId];
const ofFirst = ([lease]: readonly [Lease, ...unknown[]]): string[] => [lease.taskId];

/** Item of a WITH. Attempts are shown with their task, so it changes with them. */
const noted = `noted AS (
  UPDATE tasks SET changed = ${changedNow} FROM asked WHERE ${leased} RETURNING tasks.id, tasks.key_id, tasks.state, asked.place)`;

interface Opening extends Leased {
  call: AttemptCall;
}

const opening = rowParameters<Opening>({
  ...leaseColumns,
  upstream: ['text', ({ call }) => call.upstream],
  upstream_model: ['text', ({ call }) => call.upstreamModel],
  credential: ['text', ({ call }) => call.credential],
  at: ['bigint', ({ call }) => call.at],
  indices: ['text', ({ call }) => toJson(call.indices ?? null)],
});

/**
 * An opening that is asked for again, as the answer to the first time was lost with the database, finds what it opened then. By any other call
 * nothing is opened beside it.
 */
const openSql = `WITH asked AS MATERIALIZED (SELECT * FROM ${opening.table}), ${noted}, ${noLongerSetAside('noted')},
  opened AS (
    INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at, indices)
    SELECT noted.id, 1 + (SELECT count(*) FROM attempts WHERE task_id = noted.id), upstream, upstream_model, credential, at, indices
    FROM noted JOIN asked USING (place)
    ON CONFLICT (task_id, coalesce(indices, '')) WHERE outcome IS NULL DO UPDATE SET started_at = excluded.started_at
      WHERE attempts.operation IS NULL AND (attempts.upstream, attempts.upstream_model, attempts.started_at)
          = (excluded.upstream, excluded.upstream_model, excluded.started_at)
        AND attempts.credential IS NOT DISTINCT FROM excluded.credential
    RETURNING *)
  SELECT opened.*, noted.* FROM opened JOIN noted ON noted.id = opened.task_id`;

const openAttempts = changing(
  ofLease,
  async ({ query, note }: Transaction, all: readonly Opening[]): Promise<(Attempt | null)[]> => {
    const rows = await query(openSql, opening.of(all));
    for (const row of rows) note(changeOf(row));
    return byPlace(all, rows, (row) => (row === undefined ? null : toAttempt(row)));
  },
);

/** The task is locked after the others, as the takes of all processes wait for their lock. */
const openingIfRoom = (counter: CallCounter) =>
  oneByOne(
    async (
      transaction: Transaction,
      one: Opening,
      room: RoomCheck<boolean>,
    ): Promise<Attempt | null | 'full'> => {
      const { query } = transaction;
      if (!room.decide(await counter.underLock(query, room))) return 'full';
      const [attempt = null] = await openAttempts(transaction, [one]);
      if (attempt !== null) await addToDays(query, room.days(), [one.call]);
      return attempt;
    },
  );

/** Columns of how the open attempts of a task end, or that with the `number`; without an `end` all are `null`. */
export const endColumns = {
  outcome: ['text', ({ end }: Ending) => end?.outcome ?? null],
  attempt_failure: ['text', ({ end }: Ending) => toJson(end?.failure ?? null)],
  maybe_billed: ['integer', ({ end }: Ending) => (end?.maybeBilled === true ? 1 : 0)],
  usage: ['text', ({ end }: Ending) => toJson(end?.usage ?? null)],
  cost: ['bigint', ({ end }: Ending) => end?.costMicroUsd ?? null],
  at: ['bigint', ({ at }: Ending) => at],
  brought: ['text', ({ end }: Ending) => toJson(end?.brought ?? null)],
  next_call: ['text', ({ end }: Ending) => toJson(end?.next ?? null)],
  number: ['integer', ({ number }: Ending) => number ?? null],
} as const;

interface Ending {
  end: AttemptEnd | undefined;
  at: number;
  number?: number | undefined;
}

/**
 * Item of a WITH that closes the open attempts of tasks, if they have one and its end is given. `changed` is the item with the tasks'
 * `id`, and the `place` of those who asked.
 */
export function closed(changed: string): string {
  return closing(changed, 'asked.outcome', 'asked.cost', 'AND asked.outcome IS NOT NULL');
}

/**
 * Item of a WITH as `closed` gives it, for tasks that end. It closes also the attempt that nobody knows of, as the answer to its opening was
 * lost with the database; its call was not made. Left open it would count against limits for good.
 */
export function closedForGood(changed: string): string {
  const cost = 'CASE WHEN asked.outcome IS NULL THEN 0 ELSE asked.cost END';
  return closing(changed, `coalesce(asked.outcome, 'interrupted')`, cost);
}

function closing(changed: string, outcome: string, cost: string, also = ''): string {
  return `closed AS (
    UPDATE attempts SET outcome = ${outcome}, failure = asked.attempt_failure, maybe_billed = asked.maybe_billed, usage = asked.usage,
      cost_micro_usd = ${cost}, finished_at = greatest(started_at, asked.at), brought = asked.brought, next_call = asked.next_call
    FROM ${changed} JOIN asked USING (place)
    WHERE task_id = ANY ($1) AND task_id = ${changed}.id AND ${isOpen('attempts.')}
      AND attempts.number = coalesce(asked.number, attempts.number) ${also}
    RETURNING task_id, cost_micro_usd)`;
}

const endings = rowParameters<Leased & Ending>({ ...leaseColumns, ...endColumns });

const closeSql = `WITH asked AS MATERIALIZED (SELECT * FROM ${endings.table}), ${noted}, ${closed('noted')} SELECT * FROM noted`;

const closeAttempts = changing(
  ofLease,
  async ({ query, note }: Transaction, all: readonly (Leased & Ending)[]): Promise<boolean[]> => {
    const rows = await query(closeSql, endings.of(all));
    for (const row of rows) note(changeOf(row));
    return byPlace(all, rows, (row) => row !== undefined);
  },
);

const holds = `SELECT id, request FROM tasks WHERE id = $1 AND ${hasState('running')} AND lease_token = $2`;

const saveOperation = changing(
  ofFirst,
  oneByOne(
    async (
      { query }: Transaction,
      { taskId, token }: Lease,
      operation: StoredOperation,
      number: number | undefined,
    ) => {
      const rows = await query(
        `WITH held AS (${holds}), saved AS (
           UPDATE attempts SET operation = $3 FROM held WHERE task_id = held.id AND ${isOpen()} AND number = coalesce($4, number))
         SELECT id FROM held`,
        [taskId, token, toJson(operation), number ?? null],
      );
      return rows.length === 1;
    },
  ),
);

const saveInputs = changing(
  ofFirst,
  oneByOne(async ({ query }: Transaction, { taskId, token }: Lease, inputs: readonly TaskInput[]) => {
    // Not in SQL: a prompt may have characters that the database knows in no text of its own.
    const [row] = await query(holds, [taskId, token]);
    if (row === undefined) return false;
    const request = { ...(JSON.parse(row['request'] as string) as TaskRequest), inputs };
    await query('UPDATE tasks SET request = $2 WHERE id = $1', [taskId, JSON.stringify(request)]);
    return true;
  }),
);
