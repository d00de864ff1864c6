// `npm run bench [-- quick]`: the claims about speed, each as a ratio to its limit in the same run.
// Server and load run on separate cores, in turn with the limit; what counts is the median of the ratios.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { interleave, load, startBare, startPlantain } from './processes.ts';
import { key, publicUrl, seed } from './seed.ts';
import { type Compared, measureSlowInputs } from './slow-inputs.ts';

interface Row {
  what: string;
  measured: string;
  limit: string;
  figure: string;
  claim: string;
  holds: boolean;
}

const quick = process.argv.includes('quick');
const rounds = quick ? 3 : 11;
const seconds = quick ? 2 : 3;
/** For each hundred thousand stored tasks. */
const warmSeconds = 4;
const storedTasks = quick ? 100_000 : 1_000_000;
const recentTasks = 10_000;

checkMachine();
const directory = mkdtempSync(join(tmpdir(), 'plantain-bench-'));
try {
  const rows: Row[] = [];
  rows.push(await queries('status query of recent tasks', recentTasks, 0.8));
  rows.push(
    await queries(`status query over ${storedTasks.toLocaleString('en')} stored tasks`, storedTasks, 0.5),
  );
  rows.push(await submits());
  rows.push(await pickUp());
  rows.push(...(await slowInputs()));
  print(rows);
  process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

async function queries(what: string, count: number, least: number): Promise<Row> {
  const data = join(directory, `tasks-${count}`);
  const { idsFile, view } = seed(data, count);
  const answer = `{"code":200,"msg":"success","data":${view},"exec_time":0.000012,"ip":"127.0.0.1"}`;
  const plantain = await startPlantain({
    PLANTAIN_DATA_DIR: data,
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_PUBLIC_URL: publicUrl,
  });
  const bare = await startBare('bytes', answer);
  const ask = (url: string, number: number, duration = seconds) =>
    load(url, duration, 'query.lua', idsFile, key, String(number));
  // The files are in the page cache, since they were written just now; but a process that has just begun has yet to map
  // each page when it first reads it, which a server does once in its life.
  await ask(plantain.url, 0, warmSeconds * Math.ceil(count / 100_000));
  let run = 0;
  const result = await interleave(
    rounds,
    () => ask(plantain.url, ++run),
    () => ask(bare.url, ++run),
  );
  await plantain.end();
  await bare.end();
  rmSync(data, { recursive: true });
  return rateRow(what, 'bare node:http, same bytes', result, least);
}

async function submits(): Promise<Row> {
  const data = join(directory, 'submits');
  mkdirSync(data);
  const plantain = await startPlantain({
    PLANTAIN_DATA_DIR: join(data, 'plantain'),
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_CONCURRENCY: '1',
    PLANTAIN_MAX_PENDING: '10000000',
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
  });
  const bare = await startBare('insert', join(data, 'bare.db'));
  const result = await interleave(
    rounds,
    () => load(plantain.url, seconds, 'submit.lua', key),
    () => load(bare.url, seconds, 'submit.lua', key),
  );
  await plantain.end();
  await bare.end();
  rmSync(data, { recursive: true });
  return rateRow('durable submits', 'bare node:http, raw grouped inserts', result, 0.5);
}

async function pickUp(): Promise<Row> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'pick-up.ts')]);
  const { p50, p99 } = JSON.parse(stdout) as { p50: number; p99: number };
  return {
    what: 'accepted -> upstream called, idle server',
    measured: `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
    limit: '-',
    figure: `${p99.toFixed(2)} ms`,
    claim: 'p99 <= 3 ms',
    holds: p99 <= 3,
  };
}

async function slowInputs(): Promise<Row[]> {
  const data = join(directory, 'slow-inputs');
  const slow = await measureSlowInputs({
    directory: data,
    rounds: quick ? 3 : 7,
    seconds: 2 * seconds,
  });
  rmSync(data, { recursive: true });
  return [
    slowRow('status query while 200 input pictures arrive slowly', slow.queries),
    slowRow('accepted -> succeeded meanwhile', slow.tasks),
  ];
}

function slowRow(what: string, { p50Ms, p99Ms, ratio }: Compared): Row {
  const [measured = '', limit = ''] = [0, 1].map(
    (side) => `p50 ${p50Ms[side]?.toFixed(2)} ms, p99 ${p99Ms[side]?.toFixed(1)} ms`,
  );
  return {
    what,
    measured,
    limit: `${limit} (the same without them)`,
    figure: ratio.toFixed(2),
    claim: 'p99 <= 2 times',
    holds: ratio <= 2,
  };
}

function rateRow(
  what: string,
  against: string,
  result: Awaited<ReturnType<typeof interleave>>,
  least: number,
): Row {
  const rate = (value: number) => Math.round(value).toLocaleString('en');
  return {
    what,
    measured: `${rate(result.subject)}/s, p99 ${result.p99Ms.toFixed(1)} ms`,
    limit: `${rate(result.limit)}/s, p99 ${result.limitP99Ms.toFixed(1)} ms (${against})`,
    figure: result.ratio.toFixed(2),
    claim: `>= ${least}`,
    holds: result.ratio >= least,
  };
}

function print(rows: Row[]): void {
  console.log(`Node ${process.version}, ${rounds} rounds of ${seconds} s each, 64 connections, medians\n`);
  console.log('| what | measured | limit | figure | claim | holds |\n| --- | --- | --- | --- | --- | --- |');
  for (const { what, measured, limit, figure, claim, holds } of rows)
    console.log(`| ${what} | ${measured} | ${limit} | ${figure} | ${claim} | ${holds ? 'yes' : 'no'} |`);
}

function checkMachine(): void {
  const missing = ['wrk', 'taskset'].filter((name) => {
    try {
      execFileSync('which', [name], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length > 0 || availableParallelism() < 2 || !existsSync('/proc')) {
    console.error(
      `The bench needs Linux, two cores, and wrk and taskset${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}: apt-get install wrk util-linux`,
    );
    process.exit(2);
  }
}
