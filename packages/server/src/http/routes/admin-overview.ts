// For the operator: how much there is to do, what was done, how long it took and what it cost, and the machine it is done on.

import { setImmediate } from 'node:timers/promises';
import * as z from 'zod';
import type { OverviewData, OverviewDisk, OverviewNode, OverviewNow } from '@plantain/client';
import {
  addBuckets,
  emptySummary,
  type StatisticsStore,
  type StatisticsWindow,
  type Summary,
  windowOf,
} from '../../core/tasks/statistics.ts';
import type { TaskStore } from '../../core/tasks/task-store.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import { pastData } from '../views/overview-view.ts';
import { invalid } from '../submit/submission.ts';
import { readMembers } from './admin-members.ts';
import { adminOnly } from './admin-only.ts';

export interface AdminOverviewParts {
  authorize: Authorize;
  store: Pick<StatisticsStore, 'countsBetween' | 'countPendingByModel'> &
    Pick<TaskStore, 'running' | 'pendingNeeds'>;
  disk: () => Promise<OverviewDisk>;
  node: () => OverviewNode;
  clock: Clock;
}

const usualMs = 24 * 3_600_000;
/** So many are read before others have their turn: 6 ms for five busy models. */
const pointsAtOnce = 20;
/** A count of the queue is believed for so many times what it took, so that a long queue slows nothing else down. */
const countedForTimes = 100;

export function adminOverviewFace({ authorize, store, disk, node, clock }: AdminOverviewParts): Face {
  const admit = adminOnly(authorize);
  let queue = { models: [] as { model: string; count: number }[], until: Number.NEGATIVE_INFINITY };

  function queueByModel() {
    const now = clock.now();
    if (now < queue.until) return queue.models;
    const startedAt = performance.now();
    const models = store.countPendingByModel();
    const tookMs = performance.now() - startedAt;
    queue = { models, until: now + countedForTimes * tookMs };
    return models;
  }

  function present(now: number): OverviewNow {
    const queues = queueByModel();
    const running = store.running();
    const models = new Map(queues.map(({ model, count }) => [model, { model, pending: count, running: 0 }]));
    for (const { model } of running) {
      const of = models.get(model) ?? { model, pending: 0, running: 0 };
      of.running += 1;
      models.set(model, of);
    }
    const oldest = Math.min(now, ...store.pendingNeeds(now).map(({ dueAt }) => dueAt));
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
      addBuckets(summary, window, store.countsBetween(at, Math.min(at + sliceMs, window.to)));
      await setImmediate();
    }
    return summary;
  }

  return (app, answers) => {
    app.get('/api/admin/overview', async (request, reply) => {
      admit(request.headers.authorization);
      const now = clock.now();
      const window = readWindow(request.query as Record<string, unknown>, now);
      const summary = await summarise(window);
      const shown = present(now);
      const data: OverviewData = {
        ...pastData(window, summary, window.to < now ? null : shown.pending + shown.running),
        now: shown,
        disk: await disk(),
        nodes: [node()],
      };
      return answers.success(request, reply, JSON.stringify(data));
    });
  };
}

const wholeNumber = (fault: string) =>
  z.coerce
    .number(fault)
    .int(fault)
    .min(0, fault)
    .max(2 ** 38, fault);
const unixTime = wholeNumber('must be a Unix time in seconds').optional();
/** The query, in seconds. */
export const overviewQueryMembers = z.strictObject({
  from: unixTime,
  to: unixTime,
  step: wholeNumber('must be a whole number of seconds').optional(),
});

/** Throws `RequestError` (`invalid_request`) with every fault. */
function readWindow(query: Readonly<Record<string, unknown>>, now: number): StatisticsWindow {
  const { from, to = Math.ceil(now / 1000), step } = readMembers(overviewQueryMembers, query);
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
