// Metrics of upstreams: their calls from the events of this server, and how each fares at the moment of a scrape.

import type { PauseReason, UpstreamData, UpstreamKeyState } from '@plantain/client';
import type { Listeners } from './listeners.ts';
import { dollars, type Maker, seconds, startAtZero } from './registry.ts';

/** Upper ends of the classes, in seconds. */
const calls = [0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300];

export interface UpstreamLabels {
  /** Names of upstreams that are known. */
  upstreams: readonly string[];
  model: (name: string) => string;
  upstream: (name: string) => string;
}

export function upstreamCalls(make: Maker, label: UpstreamLabels): Listeners {
  const ended = make.counter({
    name: 'plantain_upstream_calls_total',
    help: 'Calls of upstreams that ended, by their outcome and the type of their failure, which is none for those that succeeded',
    labels: ['upstream', 'outcome', 'type'],
  });
  const durations = make.histogram(
    {
      name: 'plantain_upstream_call_seconds',
      help: 'Time that calls of upstreams took, operations from their start to their end',
      labels: ['upstream', 'outcome'],
    },
    calls,
  );
  const cost = make.counter({
    name: 'plantain_cost_dollars_total',
    help: 'Known costs of calls of upstreams, in US dollars',
    labels: ['upstream', 'model'],
  });
  const maybeBilled = make.counter({
    name: 'plantain_upstream_maybe_billed_total',
    help: 'Calls of upstreams that brought no picture and may have cost money',
    labels: ['upstream'],
  });
  startAtZero(
    maybeBilled,
    label.upstreams.map((upstream) => ({ upstream })),
  );
  return {
    attempt_ended({ outcome, type, durationMs, costMicroUsd, ...attempt }) {
      const upstream = label.upstream(attempt.upstream);
      ended.inc({ upstream, outcome, type: type ?? 'none' });
      durations.observe({ upstream, outcome }, seconds(durationMs));
      cost.inc({ upstream, model: label.model(attempt.model) }, dollars(costMicroUsd ?? 0));
      if (attempt.maybeBilled) maybeBilled.inc({ upstream });
    },
  };
}

const keyStates: readonly UpstreamKeyState[] = ['available', 'limited', 'paused', 'probing', 'circuit_open'];
const pauseReasons: readonly PauseReason[] = [
  'rate_limited',
  'quota',
  'unavailable',
  'model_unknown',
  'auth',
  'billing',
];

/** Gives the function that sets the gauges. */
export function upstreamStates(make: Maker): (upstreams: readonly UpstreamData[]) => void {
  const open = make.gauge({
    name: 'plantain_upstream_calls_open',
    help: 'Calls of upstreams that go on, of all servers on the store as this one last heard',
    labels: ['upstream'],
  });
  const keys = make.gauge({
    name: 'plantain_upstream_keys',
    help: 'Keys of upstreams by their state; circuit_open is one that failures took out of use',
    labels: ['upstream', 'state'],
  });
  const pauses = make.gauge({
    name: 'plantain_upstream_pauses',
    help: 'Pauses of keys of upstreams, by their reason',
    labels: ['upstream', 'reason'],
  });
  return (upstreams) => {
    for (const { name: upstream, in_flight, keys: all } of upstreams) {
      open.set({ upstream }, in_flight);
      for (const state of keyStates)
        keys.set({ upstream, state }, all.filter((key) => key.state === state).length);
      const paused = all.flatMap((key) => key.pauses);
      for (const reason of pauseReasons)
        pauses.set({ upstream, reason }, paused.filter((pause) => pause.reason === reason).length);
    }
  };
}
