// For the operator: how much there is to do, what was done, how long it took and what it cost, and the machine it is done on.

import { setImmediate } from 'node:timers/promises';
import type { OverviewDisk, OverviewNow } from '@plantain/client';
import type { Node } from '../../../core/nodes/nodes.ts';
import type { StatisticsStore } from '../../../core/tasks/statistics.ts';
import {
  addBuckets,
  emptySummary,
  type StatisticsWindow,
  type Summary,
  windowOf,
} from '../../../core/tasks/task-counts.ts';
import type { TaskStore } from '../../../core/tasks/task-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Face } from '../../app.ts';
import { adminKey } from '../../access/access.ts';
import { nodeData, pastData } from '../../views/overview-view.ts';
import { invalid } from '../../refusals/invalid.ts';
import { data, queryOf } from '../../route/forms.ts';
import { members, type Values } from '../../route/members.ts';
import { latestSeconds, timeFault, wholeNumber } from '../../route/number-members.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';

const range = { min: 0, max: latestSeconds, read: Number };
const unixTime = wholeNumber(timeFault, range);
/** Members of the query, in seconds. */
const windowMembers = members({
  from: unixTime.meta({ description: 'Unix seconds; a day before to where it is left out' }),
  to: unixTime.meta({ description: 'Unix seconds; now where it is left out' }),
  step: wholeNumber('must be a whole number of seconds', range).meta({
    description: 'Seconds between two points; made larger where that would be too many',
  }),
});

export const overviewRoutes = {
  getOverview: route({
    method: 'get',
    path: '/api/admin/overview',
    tag: 'Operating',
    summary: 'How much there is to do, what was done, and the machine',
    description: 'Needs an admin key.',
    access: adminKey,
    query: queryOf(windowMembers),
    answers: data('Overview', 'Counts, durations, costs, disk and process'),
    refusals: ['invalid_request'],
  }),
};

export interface AdminOverviewParts {
  serve: Serve;
  store: Pick<StatisticsStore, 'countsBetween' | 'countPendingByModel'> &
    Pick<TaskStore, 'running' | 'pendingWork'>;
  disk: () => Promise<OverviewDisk>;
  /** Lists the nodes, this one as it is now. */
  nodes: () => Promise<Node[]>;
  clock: Clock;
}

const usualMs = 24 * 3_600_000;
/** So many are read before others have their turn: 6 ms for five busy models. */
const pointsAtOnce = 20;

export function adminOverviewFace({ serve, store, disk, nodes, clock }: AdminOverviewParts): Face {
  let counting: ReturnType<typeof store.countPendingByModel> | null = null;

  /** Counts the queue once at a time, however many ask: the count is shared by those who ask while it goes on. */
  function queueByModel() {
    counting ??= store.countPendingByModel().finally(() => (counting = null));
    return counting;
  }

  async function present(now: number): Promise<OverviewNow> {
    const queues = await queueByModel();
    const running = await store.running();
    const models = new Map(queues.map(({ model, count }) => [model, { model, pending: count, running: 0 }]));
    for (const { model } of running) {
      const of = models.get(model) ?? { model, pending: 0, running: 0 };
      of.running += 1;
      models.set(model, of);
    }
    const { needs } = await store.pendingWork(now);
    const oldest = Math.min(now, ...needs.map(({ dueAt }) => dueAt));
    return {
      pending: queues.reduce((sum, { count }) => sum + count, 0),
      running: running.length,
      oldest_wait_seconds: Math.floor((now - oldest) / 1000),
      models: [...models.values()],
    };
  }

  async function summarise(window: StatisticsWindow): Promise<Summary> {
    const summary = emptySummary(window);
    const sliceMs = pointsAtOnce * window.stepMs;
    for (let at = window.from; at < window.to; at += sliceMs) {
      addBuckets(summary, window, await store.countsBetween(at, Math.min(at + sliceMs, window.to)));
      await setImmediate();
    }
    return summary;
  }

  return serve(overviewRoutes, {
    async getOverview({ query }) {
      const now = clock.now();
      const window = windowIn(query, now);
      const summary = await summarise(window);
      const shown = await present(now);
      return {
        ...pastData(window, summary, window.to < now ? null : shown.pending + shown.running),
        now: shown,
        disk: await disk(),
        nodes: (await nodes()).map(nodeData),
      };
    },
  });
}

/** Throws `RequestError` (`invalid_request`). */
function windowIn(
  { from, to: asked, step }: Values<(typeof windowMembers)['table']>,
  now: number,
): StatisticsWindow {
  const to = asked ?? Math.ceil(now / 1000);
  if (from !== undefined && from >= to) throw invalid([{ path: 'from', message: 'must be before to' }]);
  const end = Math.min(to * 1000, now);
  return windowOf(
    {
      from: from === undefined ? end - usualMs : from * 1000,
      to: end,
      stepMs: step === undefined ? undefined : step * 1000,
    },
    now,
  );
}
