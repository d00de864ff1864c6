// Statements of the queue: tasks that are taken, leases that are renewed, and what waits. Takes are decided one after another, under one
// lock that only they need. The rows of `waiting` are the queue; a task's own row says in the end whether it may be taken.

import type { CallTarget, LeasedTask, TakenNeed, TaskQueue } from '../../../core/tasks/task-queue.ts';
import type { Need } from '../../../core/upstreams/router.ts';
import { changeOf } from '../../rows.ts';
import { changedNow } from '../changes-order.ts';
import { callbackColumns, deliveries } from './enqueue.ts';
import { rowParameters } from '../database/parameters.ts';
import { hasState } from '../found-by-id.ts';
import type { Query } from '../database/statements.ts';
import { addToDays } from './calls-of-day.ts';
import type { CallCounter } from './open-calls.ts';
import type { QueueLook } from './queue-look.ts';
import type { Place } from './queue-places.ts';
import { newToken, toLeased } from './task-rows.ts';
import { wholeTask } from './whole-task.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';
import type { CallsAsked, RoomCheck } from '../../../core/upstreams/shared-calls.ts';
import { maxDayMs } from '../../wrong-clocks.ts';

type Queue = Pick<
  TaskQueue,
  'takeDue' | 'takeOperations' | 'countCalls' | 'pendingWork' | 'countAttempts' | 'releaseHeld'
>;
type Options<Name extends 'takeDue' | 'takeOperations'> = Parameters<TaskQueue[Name]>[0];

/** `takes` writes what is decided under the lock of takes, which its transactions begin with. */
export function createTaskQueue(
  query: Query,
  takes: Pick<Writer, 'write'>,
  look: QueueLook,
  counter: CallCounter,
): Queue {
  const takeDueIfRoom = takingIfRoom(counter);
  const countUnderLock = countingUnderLock(counter);
  return {
    takeDue: ({ room, ...asked }) => {
      const due = { ...asked, from: look.from };
      return room === undefined ? takes.write(takeDue, due) : takes.write(takeDueIfRoom, [due, room]);
    },
    countCalls: async (asked) =>
      (await counter.now(query, asked)) ?? (await takes.write(countUnderLock, [asked])),
    takeOperations: (due) => takes.write(takeOperations, due),
    releaseHeld: async () => {},
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
 * is waited for, and its row goes too. `opening` is an item of the WITH named `opened`, with the attempts that were opened, and
 * `settingAside` one named `set_aside`, with the calls for which that was done.
 */
function takeSql(due: string, opening: string, settingAside = noneSetAside): string {
  return `WITH due AS MATERIALIZED (${due}),
    free AS MATERIALIZED (
      SELECT id FROM tasks WHERE id = ANY (ARRAY(SELECT task_id FROM due)) AND ${hasState('pending')}
      ORDER BY id FOR NO KEY UPDATE),
    left_queue AS (DELETE FROM waiting WHERE ctid = ANY (ARRAY(SELECT row FROM due))),
    taken AS (
      UPDATE tasks SET state = 'running', changed = ${changedNow}, updated_at = greatest(updated_at, $1), progress = 0,
        tries_used = tries_used + 1, lease_token = ${newToken}, lease_expires_at = $2
      WHERE id = ANY (ARRAY(SELECT id FROM free))
      RETURNING ${wholeTask()}, inputs, lease_token, ${callbackColumns}, 'task.running' AS event, $1::bigint AS at),
    ${opening}, ${settingAside}, ${deliveries('taken')}
    SELECT *, pg_current_xact_id()::text AS transaction, (SELECT row_to_json(opened) FROM opened WHERE task_id = taken.id LIMIT 1) AS opened,
      (SELECT row_to_json(set_aside) FROM set_aside WHERE task_id = taken.id LIMIT 1) AS set_aside FROM taken`;
}

const noneSetAside = 'set_aside AS (SELECT * FROM calls_set_aside WHERE false)';

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
  isSetAside: boolean;
}

const calls = rowParameters<Call>(
  {
    model: ['text', ({ model }) => model],
    inputs: ['integer', ({ inputs }) => inputs],
    turn: ['integer', ({ turn }) => turn],
    upstream: ['text', ({ upstream }) => upstream],
    upstream_model: ['text', ({ upstreamModel }) => upstreamModel],
    credential: ['text', ({ credential }) => credential],
    later: ['boolean', ({ isSetAside }) => isSetAside],
  },
  { as: 'calls', first: 8 },
);

const dueByNeeds = `SELECT row, task_id FROM ${asked.table} CROSS JOIN LATERAL
     (SELECT ctid AS row, task_id FROM waiting WHERE model = asked.model AND inputs = asked.inputs
        AND (due_at, task_id) >= (from_due, from_id) AND ${isDue}
      ORDER BY waiting.due_at, task_id LIMIT most) AS first`;

const openCalls = `unopened AS (
     SELECT id, model, inputs, attempts, row_number() OVER (PARTITION BY model, inputs ORDER BY due_at, id) AS turn FROM taken
     WHERE attempts IS NULL OR NOT EXISTS (SELECT FROM json_array_elements(attempts) AS attempt WHERE attempt->>'outcome' IS NULL)),
   called AS MATERIALIZED (
     SELECT id, 1 + coalesce(json_array_length(attempts), 0) AS number, upstream, upstream_model, credential, later
     FROM unopened JOIN ${calls.table} USING (model, inputs, turn)),
   opened AS (
     INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at)
     SELECT id, number, upstream, upstream_model, credential, $1 FROM called WHERE NOT later RETURNING *)`;

const takeByNeeds = takeSql(dueByNeeds, openCalls);
const takeSettingAside = takeSql(
  dueByNeeds,
  openCalls,
  `set_aside AS (
     INSERT INTO calls_set_aside (task_id, upstream, upstream_model, credential, set_aside_at)
     SELECT id, upstream, upstream_model, credential, $1 FROM called WHERE later RETURNING *)`,
);

const takeResumed = takeSql(
  `SELECT ctid AS row, task_id FROM waiting WHERE resumes AND ${isDue} ORDER BY due_at, task_id LIMIT $3`,
  'opened AS (SELECT * FROM attempts WHERE false)',
);

interface Due extends Omit<Options<'takeDue'>, 'room'> {
  from: QueueLook['from'];
}

function callsOf({ model, inputs, calls: some = [], setAside = [] }: TakenNeed): Call[] {
  const toCalls = (each: readonly CallTarget[], isSetAside: boolean) =>
    each.map((call, index) => ({ model, inputs, turn: index + 1, isSetAside, ...call }));
  return [...toCalls(some, false), ...toCalls(setAside, true)];
}

function toTaking({ needs, from, ...due }: Due): Taking {
  const some = needs.flatMap(callsOf);
  const sql = some.some(({ isSetAside }) => isSetAside) ? takeSettingAside : takeByNeeds;
  return {
    ...due,
    sql,
    values: [...asked.of(needs.map((need) => ({ ...need, from: from(need) }))), ...calls.of(some)],
  };
}

const takeDue = taking(toTaking);

/** Takes what is chosen when the calls of others were counted. */
function takingIfRoom(counter: CallCounter) {
  return oneByOne(async (transaction: Transaction, due: Due, room: RoomCheck<readonly TakenNeed[]>) => {
    const { query } = transaction;
    const needs = room.decide(await counter.underLock(query, room));
    if (needs.length === 0) return [];
    const taken = await takeNow(transaction, toTaking({ ...due, needs }));
    await addToDays(query, room.days(), taken.flatMap(toCall));
    return taken;
  });
}

/** Call that was opened or set aside with a task. */
function toCall({ task, opened, setAside }: LeasedTask): CallTarget[] {
  const { upstream, upstreamModel, credential = null } = (opened ? task.attempts.at(-1) : setAside) ?? {};
  if (upstream === undefined || upstreamModel === undefined || credential === null) return [];
  return [{ upstream, upstreamModel, credential }];
}

function countingUnderLock(counter: CallCounter) {
  return oneByOne(({ query }: Transaction, counted: CallsAsked) => counter.underLock(query, counted));
}

const takeOperations = taking(({ limit, ...due }: Options<'takeOperations'>) => ({
  ...due,
  sql: takeResumed,
  values: [limit],
}));

interface Taking {
  now: number;
  leaseMs: number;
  sql: string;
  /** Parameters from the third on. */
  values: readonly unknown[];
}

function taking<Asked>(toTakingOf: (asked: Asked) => Taking) {
  return async (transaction: Transaction, all: readonly Asked[]): Promise<LeasedTask[][]> => {
    const taken: LeasedTask[][] = [];
    for (const each of all) taken.push(await takeNow(transaction, toTakingOf(each)));
    return taken;
  };
}

async function takeNow(
  { query, note, numbered }: Transaction,
  { now, leaseMs, sql, values }: Taking,
): Promise<LeasedTask[]> {
  const rows = await query(sql, [now, now + leaseMs, ...values]);
  for (const row of rows) note(changeOf(row));
  if (rows[0] !== undefined) numbered(String(rows[0]['transaction']));
  return toLeased(rows);
}
