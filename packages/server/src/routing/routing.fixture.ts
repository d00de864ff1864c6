// Test support: a router over upstreams that make nothing, with a clock that is set by hand.

import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import type { Need, Availability, Slot } from '../core/upstreams/router.ts';
import type { Limits, Route } from '../core/upstreams/routes.ts';
import type { Upstream } from '../core/upstreams/upstream.ts';
import { createRouter, type UpstreamRouter } from './router.ts';
import type { RoutedUpstream, UsedToday } from './settings.ts';

/** 2026-11-23, one hour and a few seconds after midnight in Los Angeles. */
export const startOfTest = Date.parse('2026-11-23T09:00:05Z');
export const nextMidnightPacific = Date.parse('2026-11-24T08:00:00Z');
export const minuteMs = 60_000;

/** Takes up to 3 input pictures; a model whose name ends with `-text` takes none, and only one whose name ends with `-mask` takes a mask. */
function fakeUpstream(name: string): Upstream {
  const never = () => Promise.reject(new Error('the router never calls an upstream'));
  return {
    name,
    capabilities: (model) => ({
      ratios: 'any',
      sizes: ['1K'],
      maxInputs: model.endsWith('-text') ? 0 : 3,
      seed: false,
      mask: model.endsWith('-mask'),
    }),
    start: never,
    check: never,
  };
}

export interface UpstreamSketch {
  limits?: Limits;
  keyLimits?: Limits;
  /** By label; default one key `main`. */
  keys?: Record<string, Limits>;
}

export function routed(
  name: string,
  { limits = {}, keyLimits = {}, keys = { main: {} } }: UpstreamSketch = {},
): RoutedUpstream {
  return {
    name,
    kind: 'fake',
    limits,
    keyLimits,
    quotaReset: { hour: 0, timeZone: 'America/Los_Angeles' },
    credentials: Object.entries(keys).map(([label, own]) => ({
      label,
      upstream: fakeUpstream(name),
      limits: own,
    })),
  };
}

/** A route to the model of the same name. */
export function routeTo(upstreamName: string, weight?: number, upstreamModel = 'banana'): Route {
  return { upstreamName, upstreamModel, weight };
}

export const need: Need = { model: 'banana', inputs: 0 };

export interface Bench {
  router: UpstreamRouter;
  clock: { time: number; now(): number };
  /** Acquires a slot for `need`, or another, and says that its call is made; throws where there is none. */
  take(asked?: Need): Slot;
  availability(asked?: Need): Availability;
  /** Takes a slot and ends it so. */
  fail(failure: TaskFailure, times?: number): void;
  succeed(times?: number): void;
}

/** Without routes of its own, every upstream serves `banana`, in the order given. */
export function setUp(
  upstreams: RoutedUpstream[],
  {
    routes,
    random = () => 0,
    usedToday,
  }: { routes?: Record<string, Route[]>; random?: () => number; usedToday?: UsedToday[] } = {},
): Bench {
  const clock = { time: startOfTest, now: () => clock.time };
  const router = createRouter({
    upstreams,
    routes: new Map(Object.entries(routes ?? { banana: upstreams.map(({ name }) => routeTo(name)) })),
    clock,
    random,
    ...(usedToday === undefined ? {} : { usedToday }),
  });
  function take(asked = need): Slot {
    const slot = router.acquire(asked);
    if (slot === null) throw new Error(`no slot: ${JSON.stringify(router.availability(asked))}`);
    slot.called();
    return slot;
  }
  return {
    router,
    clock,
    take,
    availability: (asked = need) => router.availability(asked),
    fail(failed, times = 1) {
      for (let time = 0; time < times; time += 1) take().release({ kind: 'failed', failure: failed });
    },
    succeed(times = 1) {
      for (let time = 0; time < times; time += 1) take().release({ kind: 'succeeded', pictures: 1 });
    },
  };
}

export function failure(type: TaskErrorType, extra: Partial<TaskFailure> = {}): TaskFailure {
  return { type, message: `It failed with ${type}.`, retryable: true, ...extra };
}

export const unavailable = failure('upstream_unavailable', { upstreamReason: '503' });
export const timedOut = failure('upstream_unavailable', { upstreamReason: 'timeout' });
export const rateLimited = failure('upstream_rate_limited');
export const refusedKey = failure('upstream_auth', { retryable: false });
