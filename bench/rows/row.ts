// A row of the bench: one claim, what was measured, and the limit that it was measured against in the same run.

import type { interleave, Side } from '../processes.ts';

export interface Row {
  what: string;
  measured: string;
  limit: string;
  /** Value that the claim is about: a ratio to the limit, or a number with its unit. */
  figure: string;
  claim: string;
  holds: boolean;
}

export interface RowOptions {
  /** A folder that does not exist yet; whoever asked for the row removes it. */
  directory: string;
  rounds: number;
  /** Of each load. */
  seconds: number;
  /** Whether two minutes are to be enough for all rows. */
  quick: boolean;
}

export type MeasureRows = (options: RowOptions) => Promise<Row[]>;

/** A claim that the rate is at least `least` times that of the limit. */
export function rateRow(
  what: string,
  against: string,
  { subject, limit, ratio }: Awaited<ReturnType<typeof interleave>>,
  least: number,
): Row {
  return {
    what,
    measured: describeSide(subject),
    limit: `${describeSide(limit)} (${against})`,
    figure: ratio.toFixed(2),
    claim: `>= ${least}`,
    holds: ratio >= least,
  };
}

/** A rate that is named beside another, and about which nothing is claimed. */
export const nameRow = (
  what: string,
  against: string,
  result: Awaited<ReturnType<typeof interleave>>,
): Row => ({
  ...rateRow(what, against, result, 0),
  claim: '-',
});

function describeSide({ requestsPerSecond, processorUs, postgresUs, p99Ms }: Side): string {
  const postgres = postgresUs === 0 ? '' : ` and ${postgresUs.toFixed(1)} µs of PostgreSQL’s`;
  const p99 = Number.isNaN(p99Ms) ? '' : `, p99 ${p99Ms.toFixed(1)} ms`;
  return `${whole(requestsPerSecond)}/s, ${processorUs.toFixed(1)} µs of processor time${postgres} each${p99}`;
}

/** Part of a core that the servers, PostgreSQL and the load each took. */
export function describeCores({ requestsPerSecond, processorUs, postgresUs, loadCores }: Side): string {
  const cores = (us: number) => ((us * requestsPerSecond) / 1e6).toFixed(2);
  return `of a core ${cores(processorUs)} for servers, ${cores(postgresUs)} for PostgreSQL, ${loadCores.toFixed(2)} for the load`;
}

/** With a comma after the thousands. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
