// Gauges of the store: how they are read for a scrape, and how they are shown. Every server on a store tells the same of it.

import type { GaugesStore, OpenTasks, StoreGauges } from '../core/gauges/store-gauges.ts';
import type { Clock } from '../lib/clock.ts';
import type { StartTimer } from '../lib/timers.ts';
import { dollars, type Maker, seconds } from './registry.ts';

/** Reading of the gauges; `gauges` is `null` where they could not be read in time. */
export interface ReadGauges {
  gauges: StoreGauges | null;
  tookMs: number;
}

/** A reading is believed for so many times what it took: a long queue then takes a fiftieth of a processor, however often it is asked for. */
const believedTimes = 50;
/** A scrape waits no longer for the store. What is read later is there for the next one. */
const patienceMs = 3_000;

/** Gives the function that reads the gauges. Those who ask while a reading goes on have that one. It never rejects. `elapsed` in milliseconds. */
export function createGaugeReader(
  { readGauges }: GaugesStore,
  {
    clock,
    startTimer,
    elapsed = () => performance.now(),
  }: { clock: Clock; startTimer: StartTimer; elapsed?: () => number },
): () => Promise<ReadGauges> {
  let last: ReadGauges = { gauges: null, tookMs: 0 };
  let believedUntil = Number.NEGATIVE_INFINITY;
  let reading: Promise<ReadGauges> | null = null;

  async function read(): Promise<ReadGauges> {
    const startedAt = elapsed();
    const gauges = await readGauges(clock.now()).catch(() => null);
    const tookMs = elapsed() - startedAt;
    last = { gauges, tookMs };
    if (gauges !== null) believedUntil = elapsed() + believedTimes * tookMs;
    reading = null;
    return last;
  }

  return async () => {
    if (elapsed() < believedUntil) return last;
    const { promise: tooLate, resolve } = Promise.withResolvers<ReadGauges>();
    const stop = startTimer(() => resolve({ gauges: null, tookMs: patienceMs }), patienceMs);
    try {
      return await Promise.race([(reading ??= read()), tooLate]);
    } finally {
      stop();
    }
  };
}

const states = ['pending', 'running'] as const;

/** Gives the function that sets the gauges. Those that could not be read are left out. */
export function storeGauges(
  make: Maker,
  models: readonly string[],
  model: (name: string) => string,
): (read: ReadGauges, now: number) => void {
  const { up, took, open, oldest, reserved, pending, late } = createGauges(make);
  return ({ gauges, tookMs }, now) => {
    const age = (at: number | null) => (at === null ? 0 : Math.max(0, seconds(now - at)));
    up.set(gauges === null ? 0 : 1);
    for (const gauge of [open, oldest]) gauge.reset();
    for (const gauge of [took, reserved, pending, late]) gauge.remove({});
    if (gauges === null) return;
    took.set(seconds(tookMs));
    reserved.set(dollars(gauges.reservedMicroUsd));
    pending.set(gauges.deliveries.pending);
    late.set(age(gauges.deliveries.dueAt));
    for (const name of models) {
      for (const state of states) open.set({ model: name, state }, 0);
      oldest.set({ model: name }, 0);
    }
    // Models that are not served any more share a label.
    const byLabel: Map<string, OpenTasks[]> = Map.groupBy(gauges.openTasks, (each) => model(each.model));
    for (const [name, all] of byLabel) {
      for (const state of states)
        open.set(
          { model: name, state },
          all.reduce((sum, each) => sum + each[state], 0),
        );
      oldest.set({ model: name }, Math.max(...all.map(({ oldestAt }) => age(oldestAt))));
    }
  };
}

function createGauges(make: Maker) {
  return {
    up: make.gauge({
      name: 'plantain_store_up',
      help: 'Whether the sums of the store could be read for this scrape',
    }),
    took: make.gauge({
      name: 'plantain_store_read_seconds',
      help: 'Time that the last reading of the sums of the store took',
    }),
    open: make.gauge({
      name: 'plantain_tasks_open',
      help: 'Tasks in the store that have not ended, by state',
      labels: ['model', 'state'],
    }),
    oldest: make.gauge({
      name: 'plantain_queue_oldest_seconds',
      help: 'Time since the submit of the pending task that came first',
      labels: ['model'],
    }),
    reserved: make.gauge({
      name: 'plantain_reserved_dollars',
      help: 'What is reserved for tasks in the store, in US dollars',
    }),
    pending: make.gauge({
      name: 'plantain_webhooks_pending',
      help: 'Deliveries of webhooks in the store that are not over',
    }),
    late: make.gauge({
      name: 'plantain_webhooks_late_seconds',
      help: 'Time for which the first pending delivery of a webhook has been due',
    }),
  };
}
