// Statements that read what the queue needs, and how many calls were begun.

import type { DatabaseSync } from 'node:sqlite';
import { tagAt, usualWeight } from '../../../core/order/turns.ts';
import type { PendingNeed, TaskQueue } from '../../../core/tasks/task-queue.ts';
import type { Need } from '../../../core/upstreams/router.ts';
import type { Synchronous } from '../asynchronous.ts';
import { maxDayMs } from '../../wrong-clocks.ts';

export function createQueueReads(
  database: DatabaseSync,
): Synchronous<Pick<TaskQueue, 'pendingWork' | 'countAttempts'>> {
  const readyNeeds = createReadyNeeds(database);
  const delayedNeeds = createDelayedNeeds(database);
  const dueOperation = database.prepare(
    // There are few open attempts, and may be many pending tasks.
    `SELECT 1 FROM attempts CROSS JOIN tasks ON tasks.id = attempts.task_id
     WHERE attempts.outcome IS NULL AND attempts.operation IS NOT NULL
       AND tasks.state = 'pending' AND tasks.due_at <= :now AND tasks.deadline_at > :now LIMIT 1`,
  );
  const virtualTime = database.prepare('SELECT turn FROM virtual_time');
  const countAttempts = database.prepare(
    `SELECT upstream, credential, count(*) AS count FROM attempts
     WHERE started_at >= :since AND started_at < :since + ${maxDayMs} AND credential IS NOT NULL GROUP BY upstream, credential`,
  );

  return {
    pendingWork(now) {
      const ready = readyNeeds(now);
      const names = new Set(ready.map(nameOf));
      const at = Number(virtualTime.get()?.['turn']);
      const delayed = delayedNeeds(now);
      const needs = [...ready, ...delayed.filter((need) => !names.has(nameOf(need)))].toSorted(
        (a, b) => compare(a.model, b.model) || a.inputs - b.inputs,
      );
      for (const need of needs) need.turn = tagAt(need.turn, at);
      const ahead = delayed.flatMap(({ dueAt }) => (dueAt > now ? [dueAt] : []));
      return {
        needs,
        hasOperations: dueOperation.get({ now }) !== undefined,
        ...(ahead.length === 0 ? {} : { lookAgainAt: Math.min(...ahead) }),
      };
    },
    countAttempts: (since) =>
      countAttempts.all({ since }) as { upstream: string; credential: string; count: number }[],
  };
}

const nameOf = ({ model, inputs }: Need) => `${inputs} ${model}`;
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const weight = `coalesce((SELECT weight FROM owners WHERE id = owner_id), ${usualWeight}) AS weight`;

/** Reads of each need the next task of the first lane that has one within its deadline. */
function createReadyNeeds(database: DatabaseSync): (now: number) => PendingNeed[] {
  const nextNeed = createNextNeed(database, 'lanes INDEXED BY lanes_by_turn WHERE is_blocked = 0');
  const lanesOf = database.prepare(
    `SELECT owner_id AS ownerId, turn, ${weight} FROM lanes INDEXED BY lanes_by_turn
     WHERE is_blocked = 0 AND model = ? AND inputs = ? ORDER BY turn, owner_id`,
  );
  const firstDue = database.prepare(
    `SELECT due_at AS dueAt FROM tasks INDEXED BY tasks_ready
     WHERE queued = 'ready' AND model = ? AND inputs = ? AND owner_id = ? AND deadline_at > ? ORDER BY priority DESC, id LIMIT 1`,
  );
  return (now) => {
    const needs: PendingNeed[] = [];
    for (let need = nextNeed(); need !== undefined; need = nextNeed(need)) {
      const { model, inputs } = need;
      for (const lane of lanesOf.iterate(model, inputs)) {
        const due = firstDue.get(model, inputs, lane['ownerId'] ?? '', now);
        if (due === undefined) continue;
        const dueAt = Math.min(now, Number(due['dueAt']));
        needs.push({ ...(lane as unknown as Omit<PendingNeed, 'dueAt'>), model, inputs, dueAt });
        break;
      }
    }
    return needs;
  };
}

/** Reads of each need the first task that waits for its own retry. */
function createDelayedNeeds(database: DatabaseSync): (now: number) => PendingNeed[] {
  const nextNeed = createNextNeed(database, `tasks INDEXED BY tasks_delayed WHERE queued = 'delayed'`);
  const firstDue = database.prepare(
    `SELECT model, inputs, due_at AS dueAt, owner_id AS ownerId, ${weight},
       max(coalesce((SELECT turn FROM owner_turns WHERE owner_id = tasks.owner_id), 0), (SELECT turn FROM virtual_time)) AS turn
     FROM tasks INDEXED BY tasks_delayed
     WHERE queued = 'delayed' AND model = ? AND inputs = ? AND deadline_at > ? ORDER BY due_at LIMIT 1`,
  );
  return (now) => {
    const needs: PendingNeed[] = [];
    for (let need = nextNeed(); need !== undefined; need = nextNeed(need)) {
      const first = firstDue.get(need.model, need.inputs, now);
      if (first !== undefined) needs.push(first as unknown as PendingNeed);
    }
    return needs;
  };
}

/**
 * Goes from one need to the next through an index that begins with both columns, however many rows there are of each: a comparison of both
 * columns at once would walk over all of them, 3 ms for 10,000.
 */
function createNextNeed(database: DatabaseSync, rows: string): (need?: Need) => Need | undefined {
  const nextInputs = database.prepare(
    `SELECT model, inputs FROM ${rows} AND model = ? AND inputs > ? ORDER BY inputs LIMIT 1`,
  );
  const nextModel = database.prepare(
    `SELECT model, inputs FROM ${rows} AND model > ? ORDER BY model, inputs LIMIT 1`,
  );
  return ({ model, inputs } = { model: '', inputs: 0 }) =>
    (nextInputs.get(model, inputs) ?? nextModel.get(model)) as unknown as Need | undefined;
}
