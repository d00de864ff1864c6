// The registry of one server: a few in a process must not share their numbers, as the library's own registry would have them do.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Described<Label extends string> {
  /** Begins with `plantain_`. */
  name: string;
  /** Meaning, a sentence without its full stop. */
  help: string;
  labels?: readonly Label[];
}

/** Makes the metrics of a registry. */
export function createMaker(registry: Registry) {
  const common = <Label extends string>({ name, help, labels = [] }: Described<Label>) => ({
    name,
    help,
    labelNames: labels,
    registers: [registry],
  });
  return {
    counter: <Label extends string = never>(described: Described<Label>) =>
      new Counter<Label>(common(described)),
    gauge: <Label extends string = never>(described: Described<Label>) => new Gauge<Label>(common(described)),
    histogram: <Label extends string = never>(described: Described<Label>, buckets: readonly number[]) =>
      new Histogram<Label>({ ...common(described), buckets: [...buckets] }),
  };
}

/** Tells 0 for each of these labels from the start: a scraper sees no rise in a number that was not there before. */
export function startAtZero<Label extends string>(
  counter: Counter<Label>,
  labels: readonly Record<Label, string>[],
): void {
  for (const each of labels) counter.inc(each, 0);
}

export type Maker = ReturnType<typeof createMaker>;

/** Millionths of a US dollar as dollars. */
export const dollars = (microUsd: number): number => microUsd / 1_000_000;
/** Milliseconds as seconds. */
export const seconds = (ms: number): number => ms / 1_000;
