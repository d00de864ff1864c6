// Statements that move a task out of `running`, or from `pending` to its end.

import { durationClass } from '../../../core/tasks/task-counts.ts';
import { usageOfEnd } from '../../../core/usage/usage-changes.ts';
import type { Lease, PutBack, TaskEnd, TaskQueue } from '../../../core/tasks/task-queue.ts';
import { endEvent } from '../../../core/webhooks/webhook.ts';
import { changedColumns, changeOf, type Row, storedBytesOf, toJson, toUsedTask } from '../../rows.ts';
import { changedNow } from '../changes-order.ts';
import { arriving, givingOn } from '../order/arrivals.ts';
import type { KnownOrder } from '../order/bounds.ts';
import { limitRunning } from '../order/rooms.ts';
import { deliver, isToldOf } from './enqueue.ts';
import { rowParameters } from '../database/parameters.ts';
import { givenBack } from './calls-of-day.ts';
import { noLongerSetAside } from './open-calls.ts';
import { closed, closedForGood, endColumns, leaseColumns, ofLease } from './task-attempts.ts';
import { changesOf, chargeColumns, entered, enteredColumns, setCharge } from '../ledger/charges.ts';
import { hasState, isOpen } from '../found-by-id.ts';
import { byPlace, leased } from './task-rows.ts';
import { changing, oneByOne, type Transaction, type WriteAll, type Writer } from '../database/writer.ts';

type TaskEnds = Pick<
  TaskQueue,
  'finishIfLeased' | 'finishIfPending' | 'putBackIfLeased' | 'requestCancelIfRunning'
>;

export function createTaskEnds(
  { write }: Pick<Writer, 'write'>,
  known: Pick<KnownOrder, 'defaults'>,
): TaskEnds {
  const limitsAll = () => limitRunning(known.defaults);
  return {
    finishIfLeased: (lease, end) =>
      write(finishLeased, { lease, changed: null, limitsAll: limitsAll(), ...toEnding(end) }),
    finishIfPending(taskId, end, changed) {
      return write(finishPending, {
        lease: { taskId, token: '' },
        changed: changed ?? null,
        limitsAll: false,
        ...toEnding(end),
      });
    },
    putBackIfLeased: (lease, back) =>
      write(putBack, { lease, back, limitsAll: limitsAll(), end: back.attempt, at: back.at }),
    requestCancelIfRunning: (taskId, at) => write(requestCancel, [taskId, at]),
  };
}

const toEnding = (end: TaskEnd) => ({ task: end, end: end.attempt, at: end.at, charge: end.charge });

interface Finish extends ReturnType<typeof toEnding> {
  lease: Lease;
  /** Number of the change since which the task must not have changed. */
  changed: number | null;
  /** Whether the settings limit how many tasks of any owner or key run. */
  limitsAll: boolean;
}

const finishing = rowParameters<Finish>({
  ...leaseColumns,
  ...endColumns,
  ...chargeColumns,
  changed: ['bigint', ({ changed }) => changed],
  limits_all: ['boolean', ({ limitsAll }) => limitsAll],
  state: ['text', ({ task }) => task.outcome.state],
  result: ['text', ({ task: { outcome } }) => toJson(outcome.state === 'succeeded' ? outcome.result : null)],
  stored_bytes: ['bigint', ({ task }) => storedBytesOf(task)],
  failure: ['text', ({ task: { outcome } }) => toJson(outcome.state === 'error' ? outcome.failure : null)],
  view_key: ['text', ({ task }) => task.view.key],
  view: ['text', ({ task }) => task.view.text],
  event: ['text', ({ task }) => endEvent(task.outcome)],
});

/** Ends the tasks for which `which` holds. `also` is an item of the WITH. What their attempts cost is summed up for the statistics. */
function finishSql(which: string, also = ''): string {
  return `WITH asked AS MATERIALIZED (SELECT * FROM ${finishing.table}),
    ended AS (
      UPDATE tasks SET state = asked.state, changed = ${changedNow}, result = asked.result, stored_bytes = asked.stored_bytes,
        failure = asked.failure,
        finished_at = greatest(updated_at, asked.at), updated_at = greatest(updated_at, asked.at),
        progress = CASE WHEN asked.state = 'succeeded' THEN 1 ELSE 0 END, lease_token = NULL, lease_expires_at = NULL,
        claimed_until = NULL, view_key = asked.view_key, view = asked.view, ${setCharge}
      FROM asked WHERE ${which}
      RETURNING tasks.id, key_id, owner_id, tasks.state, model, created_at, finished_at, reserved_micro_usd, event, at, place,
        ${isToldOf('tasks', 'event')} AS is_told),
    ${also} ${closedForGood('ended')}, ${entered('ended')}
    SELECT ended.id, ended.key_id, state, place, event, at, is_told, model, created_at, finished_at, began.started_at,
      began.cost + coalesce(closed.cost_micro_usd, 0) AS cost, ${enteredColumns},
      coalesce(ended.owner_id, ended.key_id) AS of_owner, ended.reserved_micro_usd, began.upstream
    FROM ended LEFT JOIN closed ON closed.task_id = ended.id LEFT JOIN entered ON entered.task_id = ended.id CROSS JOIN LATERAL
      (SELECT min(started_at) AS started_at, coalesce(sum(cost_micro_usd), 0) AS cost, (array_agg(upstream ORDER BY number DESC))[1] AS upstream
       FROM attempts WHERE task_id = ended.id) AS began`;
}

const anyLimited = 'EXISTS (SELECT FROM asked WHERE limits_all)';

const finishLeased = finish(
  finishSql(leased, `${noLongerSetAside('ended')}, ${givenBack}, ${givingOn('ended', anyLimited)},`),
);
const finishPending = finish(
  finishSql(
    `tasks.id = ANY ($1) AND tasks.id = asked.id AND ${hasState('pending', 'tasks.')}
       AND tasks.changed = coalesce(asked.changed, tasks.changed)`,
    'left_queue AS (DELETE FROM waiting USING ended WHERE task_id = ANY ($1) AND task_id = ended.id),',
  ),
);

function finish(sql: string): WriteAll<Finish, boolean> {
  return changing(ofLease, async (transaction: Transaction, all: readonly Finish[]) => {
    const rows = await transaction.query(sql, finishing.of(all));
    deliver(transaction.query, rows);
    const byAsked = byPlace(all, rows, (row) => row);
    for (const [index, { task }] of all.entries()) noteEnd(transaction, byAsked[index], task);
    transaction.balances.add(changesOf(rows));
    return byAsked.map((row) => row !== undefined);
  });
}

function noteEnd(transaction: Transaction, row: Row | undefined, end: TaskEnd): void {
  if (row === undefined) return;
  transaction.note(changeOf(row));
  countEnd(transaction, row, end);
  const held = end.charge.kind === 'hold' ? row['reserved_micro_usd'] : row['reserved_delta'];
  transaction.use(
    usageOfEnd(toUsedTask(row), {
      outcome: end.outcome,
      charge: end.charge,
      reserved: Math.abs((held as number | null) ?? 0),
      cost: row['cost'] as number,
      upstream: row['upstream'] as string | null,
    }),
  );
}

function countEnd({ count }: Transaction, row: Row, { outcome }: TaskEnd): void {
  const {
    finished_at: at,
    created_at: createdAt,
    started_at: startedAt,
  } = row as Record<string, number | null>;
  const add = (name: string, by = 1) => count({ at: at ?? 0, model: row['model'] as string, name, by });
  add('cost', row['cost'] as number);
  if (typeof startedAt === 'number') add(`dwell.${durationClass(startedAt - (createdAt ?? 0))}`);
  if (outcome.state === 'error') return add(`ended.${outcome.failure.type}`);
  add('ended.succeeded');
  add(`duration.${durationClass((at ?? 0) - (createdAt ?? 0))}`);
  if (typeof startedAt === 'number') add(`run.${durationClass((at ?? 0) - startedAt)}`);
}

interface PuttingBack {
  lease: Lease;
  back: PutBack;
  limitsAll: boolean;
  end: PutBack['attempt'];
  at: number;
}

const puttingBack = rowParameters<PuttingBack>({
  ...leaseColumns,
  ...endColumns,
  due_at: ['bigint', ({ back }) => back.dueAt],
  given_back: ['integer', ({ back }) => (back.usesTry ? 0 : 1)],
  limits_all: ['boolean', ({ limitsAll }) => limitsAll],
});

/**
 * A task that is to be cancelled does not wait to be taken. One whose attempt goes on waits to be resumed; one that is due later, for itself.
 */
const putBackSql = `WITH asked AS MATERIALIZED (SELECT * FROM ${puttingBack.table}),
  back AS (
    UPDATE tasks SET state = 'pending', changed = ${changedNow}, updated_at = greatest(updated_at, asked.at), due_at = asked.due_at,
      progress = 0, tries_used = tries_used - asked.given_back, lease_token = NULL, lease_expires_at = NULL
    FROM asked WHERE ${leased}
    RETURNING tasks.id, key_id, owner_id, priority, state, model, inputs, tasks.due_at, deadline_at, cancel_requested_at, place),
  ${closed('back')}, ${noLongerSetAside('back')}, ${givenBack}, ${givingOn('back', anyLimited)},
  queued AS (
    INSERT INTO waiting (model, inputs, owner_id, rank, task_id, key_id, due_at, deadline_at, state)
    SELECT model, inputs, owner_id, -priority, back.id, key_id, back.due_at, deadline_at,
      CASE WHEN asked.outcome IS NULL
        AND EXISTS (SELECT FROM attempts WHERE task_id = back.id AND ${isOpen('attempts.')} AND operation IS NOT NULL) THEN 'resumes'
        WHEN back.due_at > asked.at THEN 'delayed' ELSE 'ready' END
    FROM back JOIN asked USING (place) WHERE cancel_requested_at IS NULL
    RETURNING model, inputs, owner_id, rank, task_id, state),
  arrived AS (${arriving(`SELECT * FROM queued WHERE state = 'ready'`)})
  SELECT id, key_id, state, place FROM back`;

const putBack = changing(
  ofLease,
  async ({ query, note }: Transaction, all: readonly PuttingBack[]): Promise<boolean[]> => {
    const rows = await query(putBackSql, puttingBack.of(all));
    for (const row of rows) note(changeOf(row));
    return byPlace(all, rows, (row) => row !== undefined);
  },
);

const requestCancel = changing(
  ([taskId]: readonly [string, number]) => [taskId],
  oneByOne(async ({ query, note }: Transaction, taskId: string, at: number): Promise<boolean> => {
    const [row] = await query(
      `UPDATE tasks SET cancel_requested_at = coalesce(cancel_requested_at, $2), changed = ${changedNow},
         updated_at = greatest(updated_at, $2) WHERE id = $1 AND ${hasState('running')} RETURNING ${changedColumns}`,
      [taskId, at],
    );
    if (row !== undefined) note({ ...changeOf(row), cancelRequested: true });
    return row !== undefined;
  }),
);
