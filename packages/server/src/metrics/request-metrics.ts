// Metrics of requests. They are counted in plain integers where they are answered, and read when somebody scrapes.

import type { Histogram, Registry } from 'prom-client';
import type { DurationCounts } from '../lib/time/duration-counts.ts';

/** Answers of one route to one method. */
export interface CountedRequests {
  method: string;
  route: string;
  /** Number of answers by status. */
  statuses: ReadonlyMap<number, number>;
  durations: DurationCounts;
}

type Value = { labels: Record<string, string | number>; value: number; metricName?: string };

const total = {
  name: 'plantain_http_requests_total',
  help: 'Requests that were answered, by the template of their route as in the reference; unknown where none took them',
  type: 'counter',
};
const durations = {
  name: 'plantain_http_request_seconds',
  help: 'Time from the arrival of the headers of a request to the end of its answer; long polls and streams of events last as long as their clients wait',
  type: 'histogram',
};

export function addRequestMetrics(registry: Registry, list: () => readonly CountedRequests[]): void {
  add(registry, total, () => list().flatMap(totalsOf));
  add(registry, durations, () => list().flatMap(durationsOf));
}

/** Adds a metric whose values are not the library's. */
function add(registry: Registry, described: typeof total, values: () => Value[]): void {
  const get = async () => ({ ...described, aggregator: 'sum', values: values() });
  // Its types have only its own classes; it asks a metric for no more than this.
  registry.registerMetric({ ...described, get } as unknown as Histogram);
}

function totalsOf({ method, route, statuses }: CountedRequests): Value[] {
  return [...statuses].map(([status, value]) => ({ labels: { method, route, status }, value }));
}

function durationsOf({ method, route, durations: { bounds, counts, sum } }: CountedRequests): Value[] {
  const labels = { method, route };
  let below = 0;
  const buckets = [...counts].map((count, index) => {
    below += count;
    return {
      metricName: `${durations.name}_bucket`,
      labels: { le: bounds[index] ?? '+Inf', ...labels },
      value: below,
    };
  });
  return [
    ...buckets,
    { metricName: `${durations.name}_sum`, labels, value: sum },
    { metricName: `${durations.name}_count`, labels, value: below },
  ];
}
