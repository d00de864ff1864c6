// `plantain-server upstreams check`: asks every upstream, with every key, the cheapest harmless thing, and prints what answered.

import { buildAdapters, type BuiltUpstream } from '../composition/upstreams.ts';
import { TaskError } from '../core/errors.ts';
import { createSystemClock } from '../lib/clock.ts';
import { safeText } from '../lib/safe-text.ts';
import { readConfig } from './read-config.ts';
import { readArguments, UsageError } from './usage.ts';

/** How long one upstream may take to answer. */
const patienceMs = 30_000;

/** Exit code 1 when a check failed. */
export async function upstreamsCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [action, ...rest] = args;
  if (action !== 'check') throw new UsageError('upstreams takes check.');
  readArguments({ args: rest, options: {} });
  const { config } = readConfig(environment);
  await using lifetime = new AsyncDisposableStack();
  const upstreams = buildAdapters(config, lifetime, { clock: createSystemClock() });
  const rows = await Promise.all(upstreams.flatMap(checkAll));
  print([['upstream', 'kind', 'key', 'result', 'time', 'what it said'], ...rows]);
  if (rows.some(([, , , result]) => result !== 'works')) process.exitCode = 1;
}

function checkAll({ name, kind, adapters, credentials }: BuiltUpstream): Promise<string[]>[] {
  const secrets = credentials.map(({ key = '' }) => key);
  return adapters.map(async ({ label, upstream }) => {
    const startedAt = performance.now();
    const { result, said } = await upstream.check(AbortSignal.timeout(patienceMs)).then(
      (words) => ({ result: 'works', said: words }),
      (error: unknown) => explain(error),
    );
    const time = `${Math.round(performance.now() - startedAt)} ms`;
    return [name, kind, label, result, time, safeText(said, secrets, 400)];
  });
}

function explain(error: unknown): { result: string; said: string } {
  if (error instanceof TaskError) return { result: error.failure.type, said: error.failure.message };
  const said = error instanceof Error ? error.message : String(error);
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  return { result: isTimeout ? 'no answer' : 'failed', said };
}

/** Every column but the last as wide as its widest cell. */
function print(rows: readonly string[][]): void {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  for (const row of rows)
    console.log(row.map((cell, at) => (at < row.length - 1 ? cell.padEnd(width(at)) : cell)).join('  '));
}
