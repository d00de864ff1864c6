// Statements of the queue: tasks that are taken, leases that are renewed, and what waits. Takes are decided one after another, under one
// lock that only they need. The rows of `waiting` are the queue; a task's own row says in the end whether it may be taken.

import type { CallTarget, LeasedTask, TakenNeed, TaskQueue } from '../../../core/tasks/task-queue.ts';
import type { Need } from '../../../core/upstreams/router.ts';
import { changeOf } from '../../rows.ts';
import { changedNow } from '../changes-order.ts';
import { callbackColumns, deliveries } from './enqueue.ts';
import { lockFor, locks } from '../database/locks.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import type { QueueLook } from './queue-look.ts';
import type { Place } from './queue-places.ts';
import { newToken, toLeased } from './task-rows.ts';
import { wholeTask } from './whole-task.ts';
import type { Transaction, Writer } from '../database/writer.ts';
import { maxDayMs } from '../../wrong-clocks.ts';

type Queue = Pick<TaskQueue, 'takeDue' | 'takeOperations' | 'pendingWork' | 'countAttempts'>;
type Options<Name extends 'takeDue' | 'takeOperations'> = Parameters<TaskQueue[Name]>[0];

/** `takes` writes nothing but takes, so that what waits for their lock holds up nothing else. */
export function createTaskQueue(query: Query, takes: Pick<Writer, 'write'>, look: QueueLook): Queue {
  return {
    takeDue: ({ needs, ...due }) =>
      takes.write(takeDue, { ...due, needs: needs.map((need) => ({ ...need, from: look.from(need) })) }),
    takeOperations: (due) => takes.write(takeOperations, due),
    pendingWork: look.pendingWork,
    async countAttempts(since) {
      const rows = await query(
        `SELECT upstream, credential, count(*) AS count FROM attempts
         WHERE started_at >= $1 AND started_at < $1 + ${maxDayMs} AND credential IS NOT NULL
         GROUP BY upstream, credential ORDER BY upstream, credential`,
        [since],
      );
      return rows as unknown as { upstream: string; credential: string; count: number }[];
    },
  };
}

/**
 * Takes the tasks of the rows of `waiting` that `due` finds, in a statement after the one that got the lock. A task that is being ended
 * is waited for, and its row goes too. `opening` is an item of the WITH named `opened`, with the attempts that were opened.
 */
function takeSql(due: string, opening: string): string {
  return `WITH due AS MATERIALIZED (${due}),
    free AS MATERIALIZED (
      SELECT id FROM tasks WHERE id = ANY (ARRAY(SELECT task_id FROM due)) AND state = 'pending'
      ORDER BY id FOR NO KEY UPDATE),
    left_queue AS (DELETE FROM waiting WHERE ctid = ANY (ARRAY(SELECT row FROM due))),
    taken AS (
      UPDATE tasks SET state = 'running', changed = ${changedNow}, updated_at = greatest(updated_at, $1), progress = 0,
        tries_used = tries_used + 1, lease_token = ${newToken}, lease_expires_at = $2
      WHERE id = ANY (ARRAY(SELECT id FROM free))
      RETURNING ${wholeTask()}, inputs, lease_token, ${callbackColumns}, 'task.running' AS event, $1::bigint AS at),
    ${opening}, ${deliveries('taken')}
    SELECT *, (SELECT row_to_json(opened) FROM opened WHERE task_id = taken.id) AS opened FROM taken`;
}

const isDue = 'due_at <= $1 AND deadline_at > $1';

interface AskedNeed extends TakenNeed {
  from: Place;
}

const asked = rowParameters<AskedNeed>(
  {
    model: ['text', ({ model }) => model],
    inputs: ['integer', ({ inputs }) => inputs],
    most: ['integer', ({ limit }) => limit],
    from_due: ['bigint', ({ from }) => from.dueAt],
    from_id: ['text', ({ from }) => from.id],
  },
  { first: 3 },
);

interface Call extends CallTarget, Need {
  /** Number among the calls of its need, counted from 1. */
  turn: number;
}

const calls = rowParameters<Call>(
  {
    model: ['text', ({ model }) => model],
    inputs: ['integer', ({ inputs }) => inputs],
    turn: ['integer', ({ turn }) => turn],
    upstream: ['text', ({ upstream }) => upstream],
    upstream_model: ['text', ({ upstreamModel }) => upstreamModel],
    credential: ['text', ({ credential }) => credential],
  },
  { as: 'calls', first: 8 },
);

const takeByNeeds = takeSql(
  `SELECT row, task_id FROM ${asked.table} CROSS JOIN LATERAL
     (SELECT ctid AS row, task_id FROM waiting WHERE model = asked.model AND inputs = asked.inputs
        AND (due_at, task_id) >= (from_due, from_id) AND ${isDue}
      ORDER BY waiting.due_at, task_id LIMIT most) AS first`,
  `unopened AS (
     SELECT id, model, inputs, row_number() OVER (PARTITION BY model, inputs ORDER BY due_at, id) AS turn FROM taken
     WHERE NOT EXISTS (SELECT FROM attempts WHERE task_id = taken.id AND outcome IS NULL)),
   opened AS (
     INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at)
     SELECT id, 1 + (SELECT count(*) FROM attempts WHERE task_id = unopened.id), upstream, upstream_model, credential, $1
     FROM unopened JOIN ${calls.table} USING (model, inputs, turn) RETURNING *)`,
);

const takeResumed = takeSql(
  `SELECT ctid AS row, task_id FROM waiting WHERE resumes AND ${isDue} ORDER BY due_at, task_id LIMIT $3`,
  'opened AS (SELECT * FROM attempts WHERE false)',
);

const takeDue = taking<Omit<Options<'takeDue'>, 'needs'> & { needs: readonly AskedNeed[] }>(
  takeByNeeds,
  ({ needs }) => [
    ...asked.of(needs),
    ...calls.of(
      needs.flatMap(({ model, inputs, calls: some = [] }) =>
        some.map((call, index) => ({ model, inputs, turn: index + 1, ...call })),
      ),
    ),
  ],
);

const takeOperations = taking<Options<'takeOperations'>>(takeResumed, ({ limit }) => [limit]);

function taking<Due extends { now: number; leaseMs: number }>(sql: string, rest: (due: Due) => unknown[]) {
  return async ({ query, note }: Transaction, all: readonly Due[]): Promise<LeasedTask[][]> => {
    await lockFor(query, locks.takes);
    const taken: LeasedTask[][] = [];
    for (const due of all) {
      const rows = await query(sql, [due.now, due.now + due.leaseMs, ...rest(due)]);
      for (const row of rows) note(changeOf(row));
      taken.push(toLeased(rows));
    }
    return taken;
  };
}
