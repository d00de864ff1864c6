// Test support: the metrics of a server without the server, and samples as a scraper reads them.

import type { UpstreamData } from '@plantain/client';
import type { Events } from '../core/events.ts';
import type { StoreGauges } from '../core/gauges/store-gauges.ts';
import { createDurationCounts } from '../lib/time/duration-counts.ts';
import { startSystemTimer } from '../lib/timers.ts';
import { createMetrics, type ScrapeSources } from './metrics.ts';

export const now = 1_800_000_000_000;

export const ended: Events['task_ended'] = {
  task: 'id',
  owner: 'key_a',
  ownerId: 'own_a',
  model: 'banana',
  state: 'succeeded',
  type: null,
  waitedMs: 1_500,
  ranMs: 8_000,
  pictures: 2,
  bytes: 3_000,
  chargedMicroUsd: 40_000,
};
export const attempt: Events['attempt_ended'] = {
  task: 'id',
  owner: 'key_a',
  model: 'banana',
  attempt: 1,
  upstream: 'gemini',
  upstreamModel: 'm',
  key: 'k',
  outcome: 'failed',
  type: 'upstream_quota',
  maybeBilled: true,
  costMicroUsd: 39_000,
  durationMs: 2_500,
};
export const delivered: Events['webhook_attempt'] = {
  delivery: 'd',
  about: 'task.succeeded',
  state: 'delivered',
  ageMs: 400,
  status: 200,
  durationMs: 30,
};

export const gauges: StoreGauges = {
  openTasks: [
    { model: 'banana', pending: 3, running: 1, oldestAt: now - 30_000 },
    { model: 'gone', pending: 1, running: 0, oldestAt: now - 5_000 },
    { model: 'gone too', pending: 2, running: 0, oldestAt: now - 9_000 },
  ],
  reservedMicroUsd: 1_500_000,
  deliveries: { pending: 4, dueAt: now - 2_000 },
};

const upstream: UpstreamData = {
  name: 'gemini',
  kind: 'gemini',
  in_flight: 2,
  requests_today: 7,
  next_reset_at: '1',
  limits: {},
  models: [],
  keys: (['available', 'circuit_open'] as const).map((state) => ({
    label: state,
    state,
    in_flight: 1,
    requests_today: 1,
    concurrency_limit: 1,
    limits: {},
    pauses: [{ model: null, reason: 'quota', message: '', until: null }],
    circuit: { state: 'closed' },
    recent_errors: [],
  })),
};

export function testMetrics(sources: Partial<ScrapeSources> = {}) {
  const metrics = createMetrics({
    models: ['banana'],
    upstreams: ['gemini'],
    groups: new Map([['own_a', 'paying']]),
    events: ['task_fault', 'webhook_attempt'],
    info: { version: '1', role: 'all', store: 'sqlite' },
  });
  const scrape = metrics.createScrape({
    store: { readGauges: async () => gauges },
    clock: { now: () => now },
    startTimer: startSystemTimer,
    upstreams: () => [upstream],
    running: () => 1,
    places: 8,
    freeBytes: async () => 1e9,
    minFreeBytes: 1e6,
    requests: () => [],
    ...sources,
  });
  return { ...metrics, scrape, samples: async () => samplesIn((await scrape()).text) };
}

/** Each metric with its samples: everything has happened once. */
export async function scrapeEverything(): Promise<string> {
  const durations = createDurationCounts([0.001]);
  const statuses = new Map([[200, 1]]);
  const { listen, noteWritten, scrape } = testMetrics({
    requests: () => [{ method: 'GET', route: '/metrics', statuses, durations }],
  });
  listen('task_accepted', { task: 'id', owner: 'key_a', model: 'banana', reservedMicroUsd: 40_000 });
  listen('task_ended', ended);
  listen('attempt_ended', attempt);
  listen('webhook_attempt', delivered);
  listen('retention', { pictures: 1 });
  noteWritten('writer', 1, 1);
  return (await scrape()).text;
}

/** Gives the samples of a text by their names with labels, as it has them. */
export function samplesIn(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.lastIndexOf(' ');
    samples.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return samples;
}

export interface Metric {
  name: string;
  type: string;
  help: string;
  labels: string[];
}

/** Gives the metrics of a text, with the labels of their samples. */
export function metricsIn(text: string): Metric[] {
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  const sampled = [...samplesIn(text).keys()];
  return [...text.matchAll(/^# HELP (\S+) (.+)$/gm)].map(([, name = '', help = '']) => {
    const own = sampled.find(
      (sample) => /^(_bucket|_sum|_count)?(\{|$)/.test(sample.replace(name, '')) && sample.startsWith(name),
    );
    const labels = [...(own ?? '').matchAll(/(\w+)="/g)].map(([, label = '']) => label);
    return {
      name,
      type: types.get(name) ?? '',
      help,
      labels: labels.filter((label) => label !== 'le' && label !== 'quantile'),
    };
  });
}
