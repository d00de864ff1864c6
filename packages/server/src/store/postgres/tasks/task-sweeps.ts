// Statements by which sweeps claim tasks that have to end, or whose worker is gone. What another process is just claiming is left to it. Tasks
// are read when they are claimed, by a statement after that: what was committed while a row was waited for is in none before.

import type { LeasedTask, TaskQueue } from '../../../core/tasks/task-queue.ts';
import type { Claim } from '../../../core/tasks/task-retention.ts';
import type { Task } from '../../../core/tasks/task.ts';
import type { Row } from '../../rows.ts';
import { newToken, toLeased } from './task-rows.ts';
import { toWholeTask, wholeTask } from './whole-task.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';

type Sweeps = Pick<TaskQueue, 'claimExpiredLeases' | 'claimPastDeadline' | 'claimCancelled'>;
type Options<Name extends keyof Sweeps> = Parameters<Sweeps[Name]>[0];

export function createTaskSweeps({ write }: Pick<Writer, 'write'>): Sweeps {
  return {
    claimExpiredLeases: (claim) => write(claimExpiredLeases, [claim]),
    claimPastDeadline: (claim) => write(claimPastDeadline, [claim]),
    claimCancelled: (claim) => write(claimCancelled, [claim]),
  };
}

const takeOver = `UPDATE tasks SET lease_token = ${newToken}, lease_expires_at = $2
  WHERE id = ANY (ARRAY(SELECT id FROM tasks WHERE state = 'running' AND lease_expires_at <= $1
                        ORDER BY lease_expires_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED))
  RETURNING id`;

const claimExpiredLeases = oneByOne(
  async (
    { query }: Transaction,
    { by, now, leaseMs, limit }: Options<'claimExpiredLeases'>,
  ): Promise<LeasedTask[]> =>
    toLeased(await readClaimed(query, await query(takeOver, [by, now + leaseMs, limit]))),
);

async function readClaimed(query: Transaction['query'], claimed: readonly Row[]): Promise<Row[]> {
  if (claimed.length === 0) return [];
  return await query(whole, [claimed.map(({ id }) => id)]);
}

const whole = `SELECT ${wholeTask()}, lease_token, NULL AS opened FROM tasks WHERE id = ANY ($1)`;

/** Claims pending tasks that nobody has claimed, those of `which`, whose values follow. */
const claimSql = (which: string) => `UPDATE tasks SET claimed_until = $2
  WHERE id = ANY (ARRAY(SELECT id FROM tasks WHERE state = 'pending' AND coalesce(claimed_until, 0) <= $1 AND ${which}
                        ORDER BY deadline_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED))
  RETURNING id`;

async function claimTasks(
  query: Transaction['query'],
  sql: string,
  claimed: Claim,
  ...rest: unknown[]
): Promise<Task[]> {
  const { now, claimMs, limit } = claimed;
  const rows = await readClaimed(query, await query(sql, [now, now + claimMs, limit, ...rest]));
  return rows.map(toWholeTask).toSorted((a, b) => a.deadlineAt - b.deadlineAt || (a.id < b.id ? -1 : 1));
}

const pastDeadline = claimSql('deadline_at <= $4');
const pastDeadlineOfNeed = claimSql(
  `deadline_at <= $4 AND model = $5 AND inputs = $6
     AND NOT EXISTS (SELECT FROM attempts WHERE task_id = tasks.id AND outcome IS NULL)`,
);
const toCancel = claimSql('cancel_requested_at IS NOT NULL');

const claimPastDeadline = oneByOne(
  async ({ query }: Transaction, { by, need, ...claimed }: Options<'claimPastDeadline'>): Promise<Task[]> =>
    need === undefined
      ? await claimTasks(query, pastDeadline, claimed, by)
      : await claimTasks(query, pastDeadlineOfNeed, claimed, by, need.model, need.inputs),
);

const claimCancelled = oneByOne(
  async ({ query }: Transaction, claimed: Claim): Promise<Task[]> =>
    await claimTasks(query, toCancel, claimed),
);
