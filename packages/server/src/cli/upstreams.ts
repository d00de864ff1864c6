// `plantain-server upstreams check`: asks every upstream, with every key, the cheapest harmless thing, and prints what answered.

import { askUpstreams } from '../composition/doctor/check-upstreams.ts';
import { readConfig } from './read-config.ts';
import { readArguments, UsageError } from './usage.ts';

/** Exit code 1 when a check failed. */
export async function upstreamsCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [action, ...rest] = args;
  if (action !== 'check') throw new UsageError('upstreams takes check.');
  readArguments({ args: rest, options: {} });
  const { config } = readConfig(environment);
  const asked = await askUpstreams(config);
  const rows = asked.map(({ upstream, kind, key, result, ms, said }) => [
    upstream,
    kind,
    key,
    result,
    `${ms} ms`,
    said,
  ]);
  print([['upstream', 'kind', 'key', 'result', 'time', 'what it said'], ...rows]);
  if (asked.some(({ result }) => result !== 'works')) process.exitCode = 1;
}

/** Every column but the last as wide as its widest cell. */
function print(rows: readonly string[][]): void {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  for (const row of rows)
    console.log(row.map((cell, at) => (at < row.length - 1 ? cell.padEnd(width(at)) : cell)).join('  '));
}
