// Statements that take tasks: out of the queue, running under a lease, with the attempts that are opened and the webhooks of it.

import type { CallTarget, LeasedTask, TakenNeed } from '../../../core/tasks/task-queue.ts';
import type { Need } from '../../../core/upstreams/router.ts';
import { changeOf } from '../../rows.ts';
import { changedNow } from '../changes-order.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Transaction } from '../database/writer.ts';
import { hasState } from '../found-by-id.ts';
import type { Choice } from '../order/choose.ts';
import { moveLanes } from '../order/move-lanes.ts';
import { deliver, isToldOf } from './enqueue.ts';
import { newToken, toLeased } from './task-rows.ts';
import { wholeTask } from './whole-task.ts';

const running = `'task.running'`;

/**
 * Takes the tasks that the item `due` has, with their `place`. One that somebody is just ending is left out: whoever has the lock of takes
 * waits for no row, lest two wait for each other. `opening` is an item of the WITH named `opened`, with the attempts that were opened, and
 * `also` has an item named `set_aside`, with the calls for which that was done.
 */
function takeSql(due: string, opening: string, also: string): string {
  return `WITH due AS MATERIALIZED (${due}),
    free AS MATERIALIZED (
      SELECT ctid AS row FROM tasks WHERE id = ANY (ARRAY(SELECT id FROM due)) AND ${hasState('pending')}
      ORDER BY id FOR NO KEY UPDATE SKIP LOCKED),
    taken AS (
      UPDATE tasks SET state = 'running', changed = ${changedNow}, updated_at = greatest(updated_at, $1), progress = 0,
        tries_used = tries_used + 1, lease_token = ${newToken}, lease_expires_at = $2
      WHERE ctid = ANY (ARRAY(SELECT row FROM free))
      RETURNING ${wholeTask()}, inputs, picture_count, lease_token, ${isToldOf('tasks', running)} AS is_told),
    left_queue AS (DELETE FROM waiting WHERE task_id = ANY (ARRAY(SELECT id FROM taken))),
    ${opening}, ${also}
    SELECT taken.*, due.place, pg_current_xact_id()::text AS transaction, row_to_json(opened) AS opened, row_to_json(set_aside) AS set_aside
    FROM taken JOIN due ON due.id = taken.id
      LEFT JOIN opened ON opened.task_id = taken.id LEFT JOIN set_aside ON set_aside.task_id = taken.id`;
}

const noneSetAside = 'set_aside AS (SELECT * FROM calls_set_aside WHERE false)';

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
  { as: 'calls', first: 4 },
);

const chosen = 'SELECT id, place FROM unnest($3::text[]) WITH ORDINALITY AS chosen (id, place)';

const openCalls = `unopened AS (
     SELECT taken.id, model, inputs, attempts, row_number() OVER (PARTITION BY model, inputs ORDER BY place) AS turn
     FROM taken JOIN due ON due.id = taken.id
     WHERE picture_count = 1 AND (attempts IS NULL OR NOT EXISTS (SELECT FROM json_array_elements(attempts) AS attempt WHERE attempt->>'outcome' IS NULL))),
   called AS MATERIALIZED (
     SELECT id, 1 + coalesce(json_array_length(attempts), 0) AS number, upstream, upstream_model, credential, later
     FROM unopened JOIN ${calls.table} USING (model, inputs, turn)),
   opened AS (
     INSERT INTO attempts (task_id, number, upstream, upstream_model, credential, started_at)
     SELECT id, number, upstream, upstream_model, credential, $1 FROM called WHERE NOT later RETURNING *)`;

const moving = moveLanes(11);

const takeChosen = takeSql(chosen, openCalls, `${noneSetAside}, moved AS (${moving.sql})`);
const takeSettingAside = takeSql(
  chosen,
  openCalls,
  `moved AS (${moving.sql}),
   set_aside AS (
     INSERT INTO calls_set_aside (task_id, upstream, upstream_model, credential, set_aside_at)
     SELECT id, upstream, upstream_model, credential, $1 FROM called WHERE later RETURNING *)`,
);

const takeResumed = takeSql(
  `SELECT id, row_number() OVER () AS place FROM (
     SELECT task_id AS id FROM waiting WHERE state = 'resumes' AND due_at <= $1 AND deadline_at > $1
     ORDER BY due_at, task_id LIMIT $3) AS first`,
  'opened AS (SELECT * FROM attempts WHERE false)',
  noneSetAside,
);

/** When a task is taken, and how long its lease is. */
export interface TakenAt {
  now: number;
  leaseMs: number;
}

function callsOf({ model, inputs, calls: some = [], setAside = [] }: TakenNeed): Call[] {
  const toCalls = (each: readonly CallTarget[], isSetAside: boolean) =>
    each.map((call, index) => ({ model, inputs, turn: index + 1, isSetAside, ...call }));
  return [...toCalls(some, false), ...toCalls(setAside, true)];
}

/** Takes the tasks of a choice, with the calls of their needs in their order, and moves the lanes. Gives those that were taken. */
export function takeChoice(
  transaction: Transaction,
  choice: Choice,
  needs: readonly TakenNeed[],
  at: TakenAt,
): Promise<LeasedTask[]> {
  const some = needs.flatMap(callsOf);
  const sql = some.some(({ isSetAside }) => isSetAside) ? takeSettingAside : takeChosen;
  const ids = choice.taken.map(({ id }) => id);
  return takeBy(transaction, sql, [ids, ...calls.of(some), ...moving.of(choice)], at);
}

/** Takes tasks whose operations are due to be followed. */
export function takeResumedTasks(
  transaction: Transaction,
  { limit, ...at }: TakenAt & { limit: number },
): Promise<LeasedTask[]> {
  return takeBy(transaction, takeResumed, [limit], at);
}

/** `values` are the parameters from the third on. */
async function takeBy(
  { query, note, numbered }: Transaction,
  sql: string,
  values: readonly unknown[],
  { now, leaseMs }: TakenAt,
): Promise<LeasedTask[]> {
  const rows = await query(sql, [now, now + leaseMs, ...values]);
  for (const row of rows) note(changeOf(row));
  deliver(
    query,
    rows.map(({ id, is_told }) => ({ id, is_told, event: 'task.running', at: now })),
  );
  if (rows[0] !== undefined) numbered(String(rows[0]['transaction']));
  return toLeased(rows.toSorted((a, b) => Number(a['place']) - Number(b['place'])));
}
