// Metrics of the rest of the server: webhooks, what retention deleted, how often each event was, and the writes of the store.

import type { Emit, Events } from '../core/events.ts';
import type { Listeners } from './listeners.ts';
import { type Maker, seconds, startAtZero } from './registry.ts';

/** Upper ends of the classes, in seconds. */
const receivers = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];
const writes = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5];
const groups = [1, 2, 4, 8, 16, 32, 64, 128, 256];

const outcomes = { delivered: 'delivered', pending: 'retry', failed: 'failed' } as const;

export function webhookMetrics(make: Maker): Listeners {
  const attempts = make.counter({
    name: 'plantain_webhook_attempts_total',
    help: 'Calls of receivers of webhooks: delivered, to be tried again (retry), or failed for good',
    labels: ['outcome'],
  });
  const durations = make.histogram(
    { name: 'plantain_webhook_call_seconds', help: 'Time that calls of receivers of webhooks took' },
    receivers,
  );
  const off = make.counter({
    name: 'plantain_webhook_endpoints_off_total',
    help: 'Endpoints that were switched off because nothing could be delivered to them',
  });
  startAtZero(
    attempts,
    Object.values(outcomes).map((outcome) => ({ outcome })),
  );
  return {
    webhook_attempt({ state, durationMs }) {
      attempts.inc({ outcome: outcomes[state] });
      durations.observe(seconds(durationMs));
    },
    webhook_endpoint_off: () => off.inc(),
  };
}

/** Kinds of what retention deletes, with the words of the help for each. */
const deletedKinds = {
  pictures: 'pictures',
  prompts: 'prompts',
  tasks: 'records of tasks',
  inputs: 'inputs',
  orphans: 'orphaned files',
} satisfies Record<keyof Events['retention'], string>;

export function retentionMetrics(make: Maker): Listeners {
  const deleted = make.counter({
    name: 'plantain_deleted_total',
    help: `What retention deleted, by kind: ${Object.values(deletedKinds).join(', ')}`,
    labels: ['kind'],
  });
  startAtZero(
    deleted,
    Object.keys(deletedKinds).map((kind) => ({ kind })),
  );
  return {
    retention(swept) {
      for (const [kind, count] of Object.entries(swept)) deleted.inc({ kind }, count);
    },
  };
}

/** Counts every event, by its name. */
export function eventCounts(make: Maker, names: readonly string[]): Emit {
  const events = make.counter({
    name: 'plantain_events_total',
    help: 'Events of this server by their names, which are those of the log',
    labels: ['event'],
  });
  startAtZero(
    events,
    names.map((event) => ({ event })),
  );
  return (event) => events.inc({ event });
}

/** Told of each group of writes: its lane, how many they were, and how long it took in milliseconds. */
export type NoteWritten = (lane: string, writes: number, durationMs: number) => void;

export function writeMetrics(make: Maker): NoteWritten {
  const durations = make.histogram(
    {
      name: 'plantain_store_write_seconds',
      help: 'Time that a group of writes took to be durable, by lane; SQLite has the lane writer alone',
      labels: ['lane'],
    },
    writes,
  );
  const sizes = make.histogram(
    { name: 'plantain_store_group_writes', help: 'Writes of one group, by lane', labels: ['lane'] },
    groups,
  );
  return (lane, count, durationMs) => {
    durations.observe({ lane }, seconds(durationMs));
    sizes.observe({ lane }, count);
  };
}
