// Looks for the first tasks of the queue. Rows that were taken stay at its head for as long as somebody on the database holds a snapshot
// from before, and a look goes through all of them. While that takes long, looks begin where the one before found something, and now and
// then one of the whole queue, beside them, finds what came in below.

import type { PendingWork } from '../../../core/tasks/task-queue.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import { createQueuePlaces, type NeedPlace, type QueuePlaces } from './queue-places.ts';

export interface QueueLook extends Pick<QueuePlaces, 'from' | 'inserting'> {
  pendingWork(now: number): Promise<PendingWork>;
}

export interface QueueLookOptions {
  /** Milliseconds that a look at the whole queue takes at most, by the database, for the next one to be such a look too. */
  quickMs?: number;
  /** How late other processes may commit what they put into the queue and have it found at once, milliseconds. */
  lateMs?: number;
}

/** How long after a long look at the whole queue the next one comes: so many times what it took, within limits in milliseconds. */
const restTimes = 20;
const minRestMs = 2_000;
const maxRestMs = 10_000;
/** A look that was not at the whole queue is followed by another one after this. */
const lookAgainMs = 1_000;

export function createQueueLook(
  query: Query,
  { quickMs = 5, lateMs = 500 }: QueueLookOptions = {},
): QueueLook {
  const places = createQueuePlaces(lateMs);
  let isQuick = true;
  let wholeAgainAt = 0;

  async function lookAt(now: number, known: readonly NeedPlace[]) {
    const [row] = await query(firstOfNeeds, [now, ...knownPlaces.of(known)]);
    return row as unknown as Found;
  }

  async function lookAtAll(now: number): Promise<PendingWork> {
    wholeAgainAt = Number.POSITIVE_INFINITY;
    let ms = 0;
    try {
      const found = await places.look(now, () => lookAt(now, []));
      ms = found.ms;
      return toWork(found);
    } finally {
      isQuick = ms <= quickMs;
      if (isQuick) places.forget();
      wholeAgainAt = performance.now() + Math.min(Math.max(restTimes * ms, minRestMs), maxRestMs);
    }
  }

  return {
    from: places.from,
    inserting: places.inserting,
    async pendingWork(now) {
      if (isQuick) return await lookAtAll(now);
      // Its tasks are found by the look after it, and a fault of the database is the next look’s too.
      if (performance.now() >= wholeAgainAt) lookAtAll(now).catch(() => {});
      const found = await places.look(now, (known) => lookAt(now, known));
      return { ...toWork(found), lookAgainAt: now + lookAgainMs };
    },
  };
}

interface Found {
  needs: NeedPlace[];
  hasOperations: boolean;
  /** Milliseconds that the database took. */
  ms: number;
}

const toWork = ({ needs, hasOperations }: Found): PendingWork => ({
  needs: needs.map(({ model, inputs, dueAt }) => ({
    model,
    inputs,
    dueAt,
    ownerId: model,
    turn: dueAt,
    weight: 1,
  })),
  hasOperations,
});

const knownPlaces = rowParameters<NeedPlace>(
  {
    model: ['text', ({ model }) => model],
    inputs: ['integer', ({ inputs }) => inputs],
    due_at: ['bigint', ({ dueAt }) => dueAt],
    task_id: ['text', ({ id }) => id],
  },
  { as: 'known', first: 2 },
);

/** Above the name of every model. */
const lastModel = 'chr(1114111)';

/** First task of the next need after `after`, before that of `until`. */
const nextNeed = (after: string, until: string) => `
  SELECT model, inputs, due_at, task_id FROM waiting
  WHERE (model, inputs) > (${after}.model, ${after}.inputs) AND (model, inputs) < (${until}) AND deadline_at > $1
  ORDER BY model, inputs, due_at, task_id LIMIT 1`;

/**
 * Finds the first task of each need. Of those that are known it looks from their places on; between them it goes from one need to the next
 * through the index, however many tasks wait for each.
 */
const firstOfNeeds = `WITH RECURSIVE known AS MATERIALIZED (SELECT * FROM ${knownPlaces.table}),
  gaps AS MATERIALIZED (
    SELECT model, inputs, coalesce(lead(model) OVER sorted, ${lastModel}) AS until_model, coalesce(lead(inputs) OVER sorted, 0) AS until_inputs
    FROM (SELECT model, inputs FROM known UNION ALL SELECT '', -1) AS edges
    WINDOW sorted AS (ORDER BY model COLLATE "C", inputs)),
  others AS (
    SELECT next.*, until_model, until_inputs FROM gaps CROSS JOIN LATERAL (${nextNeed('gaps', 'gaps.until_model, gaps.until_inputs')}) AS next
    UNION ALL
    SELECT next.*, until_model, until_inputs FROM others CROSS JOIN LATERAL (${nextNeed('others', 'others.until_model, others.until_inputs')}) AS next),
  found AS MATERIALIZED (
    SELECT model, inputs, due_at, task_id FROM others
    UNION ALL
    SELECT known.model, known.inputs, next.due_at, next.task_id FROM known CROSS JOIN LATERAL (
      SELECT due_at, task_id FROM waiting
      WHERE model = known.model AND inputs = known.inputs AND (due_at, task_id) >= (known.due_at, known.task_id) AND deadline_at > $1
      ORDER BY due_at, task_id LIMIT 1) AS next)
  SELECT
    (SELECT coalesce(json_agg(json_build_object('model', model, 'inputs', inputs, 'dueAt', due_at, 'id', task_id) ORDER BY model, inputs), '[]')
     FROM found) AS needs,
    EXISTS (SELECT FROM waiting WHERE resumes AND due_at <= $1 AND deadline_at > $1) AS "hasOperations",
    extract(milliseconds FROM clock_timestamp() - statement_timestamp()) AS ms`;
