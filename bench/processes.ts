// Starts what is measured on one core and the load on another, so that neither slows the other.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const serverCore = '0';
const loadCore = '1';
export const allCores = `${serverCore},${loadCore}`;
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Lets this process, which makes the load itself, run on the core of the load. */
export function pinToLoadCore(): void {
  execFileSync('taskset', ['-acp', loadCore, String(process.pid)], { stdio: 'ignore' });
}

export interface Measured {
  url: string;
  pid: number;
  end(): Promise<void>;
}

export const startBare = (...args: string[]): Promise<Measured> =>
  start([here('bare-server.ts'), ...args], {});

export const startBareTasks = (directory: string, upstreamUrl: string): Promise<Measured> =>
  start([here('bare-tasks.ts'), directory, upstreamUrl], {});

export const startPlantain = (settings: Record<string, string>): Promise<Measured> =>
  start([here('../packages/server/bin/plantain-server.js')], {
    PLANTAIN_PORT: '0',
    PLANTAIN_LOG_LEVEL: 'error',
    ...settings,
  });

async function start(args: string[], settings: Record<string, string>): Promise<Measured> {
  const child = spawn('taskset', ['-c', serverCore, process.execPath, ...args], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      const match = /listening on (\S+)\n/.exec(printed)?.[1];
      if (match !== undefined) resolve(match);
    });
    child.once('error', reject);
    void closed.then(() => reject(new Error(`It ended before it listened: ${printed}`)));
  });
  return {
    url,
    // Of the server itself: taskset makes way for what it starts.
    pid: child.pid ?? 0,
    end() {
      // Nothing is owed to tasks of a bench; a graceful stop would wait for them.
      child.kill('SIGKILL');
      return closed;
    },
  };
}

export interface Load {
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** wrk with 64 connections. Throws when an answer was not a 200. */
export async function load(url: string, seconds: number, script: string, ...args: string[]): Promise<Load> {
  const command = [
    '-c',
    loadCore,
    'wrk',
    '-t1',
    '-c64',
    `-d${seconds}s`,
    '--latency',
    '-s',
    here(script),
    url,
    '--',
    ...args,
  ];
  const { stdout } = await promisify(execFile)('taskset', command, { maxBuffer: 2 ** 24 });
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`Some requests failed:\n${stdout}`);
  const quantileMs = (percent: number) => {
    const [, value = '0', unit = 'ms'] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout) ?? [];
    return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? 1);
  };
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: quantileMs(50),
    p99Ms: quantileMs(99),
  };
}

/** A server under load. */
export interface Loaded {
  server: Measured;
  load: () => Promise<Load>;
}

export interface Side {
  requestsPerSecond: number;
  p99Ms: number;
  /** Of the server for one request, all its threads together. */
  processorUs: number;
}

/** Loads both in turn, `rounds` times after a warm-up each, and gives the medians and the median of the ratios. */
export async function interleave(rounds: number, subject: Loaded, limit: Loaded) {
  const pairs: { subject: Side; limit: Side }[] = [];
  for (let round = 0; round <= rounds; round += 1)
    pairs.push({ subject: await loadOne(subject), limit: await loadOne(limit) });
  pairs.shift();
  return {
    ratio: median(pairs.map((pair) => pair.subject.requestsPerSecond / pair.limit.requestsPerSecond)),
    subject: mediansOf(pairs.map((pair) => pair.subject)),
    limit: mediansOf(pairs.map((pair) => pair.limit)),
  };
}

async function loadOne({ server, load: run }: Loaded): Promise<Side> {
  const before = processorMs(server.pid);
  const { requests, requestsPerSecond, p99Ms } = await run();
  return { requestsPerSecond, p99Ms, processorUs: ((processorMs(server.pid) - before) * 1_000) / requests };
}

function mediansOf(sides: readonly Side[]): Side {
  return {
    requestsPerSecond: median(sides.map((side) => side.requestsPerSecond)),
    p99Ms: median(sides.map((side) => side.p99Ms)),
    processorUs: median(sides.map((side) => side.processorUs)),
  };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** Processor time of a process so far, all its threads together. */
export function processorMs(pid: number): number {
  // Up to the last bracket stands the name, which may have spaces: man 5 proc_pid_stat.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return (user + system) * msPerTick;
}

/** `getconf CLK_TCK` is 100 on every Linux that Node runs on. */
const msPerTick = 10;
