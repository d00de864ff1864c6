// The machine and the commit that a measurement was made on.

import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { median } from './processes.ts';

/** Ends the process where something is missing that the bench needs. */
export function requireMachine(): void {
  const missing = ['wrk', 'taskset'].filter((name) => outputOf('which', name) === '');
  if (missing.length === 0 && availableParallelism() >= 2 && existsSync('/proc')) return;
  const named = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : '';
  console.error(
    `The bench needs Linux, two cores, and wrk and taskset${named}: apt-get install wrk util-linux`,
  );
  process.exit(2);
}

/** Words for a sentence. */
export function describeMachine(): string {
  const fileSystem = outputOf('stat', '--file-system', '--format=%T', tmpdir());
  return [
    `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`,
    `${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
    `Linux ${release()}`,
    `${fileSystem || 'an unknown file system'} that takes ${syncMs().toFixed(2)} ms for a sync`,
  ].join(', ');
}

/** Runnable processes on average over the last minute. */
export function loadNow(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

/** The commit, and whether files differ from it; `page` is left out of that. */
export function describeCommit(page: string): string {
  const commit = outputOf('git', 'rev-parse', '--short', 'HEAD');
  if (commit === '') return 'no commit';
  const changed = outputOf('git', 'status', '--porcelain', '--', '.', `:(exclude)${page}`);
  return `commit ${commit}${changed === '' ? '' : ' with changes'}`;
}

/** Of a small append, where the bench has its files: what every durable answer waits for. */
function syncMs(): number {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-bench-sync-'));
  const file = openSync(join(directory, 'file'), 'w');
  const times = Array.from({ length: 100 }, () => {
    const startedAt = performance.now();
    writeSync(file, 'x'.repeat(4_096));
    fsyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  rmSync(directory, { recursive: true });
  return median(times);
}

/** `''` where the command fails. */
function outputOf(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, {
      cwd: join(import.meta.dirname, '..'),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
