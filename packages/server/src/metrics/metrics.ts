// The metrics of one server for Prometheus: a listener to its events, and what is read at the moment of a scrape.

import type { UpstreamData } from '@plantain/client';
import { Registry } from 'prom-client';
import type { Emit } from '../core/events.ts';
import type { GaugesStore } from '../core/gauges/store-gauges.ts';
import type { Clock } from '../lib/clock.ts';
import type { StartTimer } from '../lib/timers.ts';
import { boundedBy, other } from './labels.ts';
import { joinListeners } from './listeners.ts';
import { processMetrics } from './process-metrics.ts';
import { createMaker, type Maker } from './registry.ts';
import { addRequestMetrics, type CountedRequests } from './request-metrics.ts';
import {
  eventCounts,
  type NoteWritten,
  retentionMetrics,
  webhookMetrics,
  writeMetrics,
} from './server-metrics.ts';
import { createGaugeReader, storeGauges } from './store-gauges.ts';
import { taskMetrics } from './task-metrics.ts';
import { upstreamCalls, upstreamStates } from './upstream-metrics.ts';

export interface MetricsOptions {
  /** Canonical names of models of the settings. */
  models: readonly string[];
  /** Names of upstreams of the settings. */
  upstreams: readonly string[];
  /** Groups of owners by their ids. Whoever is not in it is in the group `other`. */
  groups: ReadonlyMap<string, string>;
  /** Names of all events. */
  events: readonly string[];
  info: { version: string; role: string; store: 'sqlite' | 'postgres' };
}

/** Parts that are asked at each scrape. */
export interface ScrapeSources {
  store: GaugesStore;
  clock: Clock;
  startTimer: StartTimer;
  upstreams: () => readonly UpstreamData[];
  /** Tasks that run on this server, and how many may. */
  running: () => number;
  places: number;
  /** Bytes that are free where tasks and pictures are stored, and how many have to be. */
  freeBytes: () => Promise<number>;
  minFreeBytes: number;
  requests: () => readonly CountedRequests[];
}

/** Metrics as text of Prometheus' exposition format, with its media type. */
export interface Scraped {
  type: string;
  text: string;
}

export type Scrape = () => Promise<Scraped>;

export interface Metrics {
  listen: Emit;
  noteWritten: NoteWritten;
  /** Makes the function that gives the metrics. Those who ask while it is at it have the same text. Called once. */
  createScrape(sources: ScrapeSources): Scrape;
}

export function createMetrics({ models, upstreams, groups, events, info }: MetricsOptions): Metrics {
  const registry = new Registry();
  const make = createMaker(registry);
  const model = boundedBy(models);
  const upstream = boundedBy(upstreams);
  const group = (ownerId: string) => groups.get(ownerId) ?? other;
  make
    .gauge({
      name: 'plantain_info',
      help: 'The server: its version, its role, and the kind of its store',
      labels: ['version', 'role', 'store'],
    })
    .set(info, 1);
  const listeners = joinListeners([
    taskMetrics(make, { models, model, group }),
    upstreamCalls(make, { upstreams, model, upstream }),
    webhookMetrics(make),
    retentionMetrics(make),
  ]);
  const count = eventCounts(make, events);
  return {
    listen(name, fields) {
      count(name, fields);
      listeners(name, fields);
    },
    noteWritten: writeMetrics(make),
    createScrape: (sources) => createScrape({ registry, make, models, model }, sources),
  };
}

function createScrape(
  {
    registry,
    make,
    models,
    model,
  }: { registry: Registry; make: Maker; models: readonly string[]; model: (name: string) => string },
  sources: ScrapeSources,
): Scrape {
  const { store, clock, requests, upstreams } = sources;
  const readStore = createGaugeReader(store, sources);
  const setStore = storeGauges(make, models, model);
  const setUpstreams = upstreamStates(make);
  const setServer = serverGauges(make, sources);
  addRequestMetrics(registry, requests);

  async function scrape(): Promise<Scraped> {
    const [read] = await Promise.all([readStore(), setServer()]);
    setStore(read, clock.now());
    setUpstreams(upstreams());
    const texts = await Promise.all([registry.metrics(), processMetrics().metrics()]);
    return { type: registry.contentType, text: texts.join('\n') };
  }
  let current: Promise<Scraped> | null = null;
  return () => (current ??= scrape().finally(() => (current = null)));
}

/** Gives the function that sets what is this server's own. */
function serverGauges(make: Maker, { running, places, freeBytes, minFreeBytes }: ScrapeSources) {
  const runs = make.gauge({ name: 'plantain_tasks_running', help: 'Tasks that run on this server' });
  make.gauge({ name: 'plantain_task_places', help: 'Tasks that may run on this server at once' }).set(places);
  const free = make.gauge({
    name: 'plantain_disk_free_bytes',
    help: 'Bytes that are free where this server stores tasks and pictures',
  });
  make
    .gauge({
      name: 'plantain_disk_min_free_bytes',
      help: 'Bytes that have to be free where tasks and pictures are stored, for submits to be accepted',
    })
    .set(minFreeBytes);
  return async () => {
    runs.set(running());
    const bytes = await freeBytes().catch(() => Number.NaN);
    if (Number.isFinite(bytes)) free.set(bytes);
    else free.remove({});
  };
}
