// Starts what is measured on one core and the load on another, so that neither slows the other. A second server, and PostgreSQL, have the
// cores that are left; where there are two in all, PostgreSQL shares that of the load.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const lastCore = availableParallelism() - 1;
export const serverCore = '0';
const loadCore = '1';
/** `null` where there are not enough for a core of its own. */
export const secondServerCore = lastCore >= 3 ? '2' : null;
export const postgresCores = lastCore >= 3 ? `3-${lastCore}` : String(lastCore);
export const allCores = `0-${lastCore}`;
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

export const startPlantain = (
  settings: Record<string, string>,
  cores: string = serverCore,
): Promise<Measured> =>
  start(
    [here('../packages/server/bin/plantain-server.js')],
    {
      PLANTAIN_PORT: '0',
      PLANTAIN_LOG_LEVEL: 'error',
      ...settings,
    },
    cores,
  );

async function start(
  args: string[],
  settings: Record<string, string>,
  cores: string = serverCore,
): Promise<Measured> {
  const child = spawn('taskset', ['-c', cores, process.execPath, ...args], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      // A worker says where its health is asked for, and nothing else is answered there.
      const match = /(?:listening on|health) +(http\S+?)(?:\/healthz .*)?\n/.exec(printed)?.[1];
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
export const load = (url: string, seconds: number, script: string, ...args: string[]): Promise<Load> =>
  loadOver(connections, url, seconds, script, ...args);

/** Loads several servers at once, with 64 connections together. */
export async function loadAll(
  urls: readonly string[],
  seconds: number,
  script: string,
  ...args: string[]
): Promise<Load> {
  const loads = await Promise.all(
    urls.map((url) => loadOver(connections / urls.length, url, seconds, script, ...args)),
  );
  const sum = (of: (each: Load) => number) => loads.reduce((total, each) => total + of(each), 0);
  const most = (of: (each: Load) => number) => Math.max(...loads.map(of));
  return {
    requests: sum((each) => each.requests),
    requestsPerSecond: sum((each) => each.requestsPerSecond),
    p50Ms: most((each) => each.p50Ms),
    p99Ms: most((each) => each.p99Ms),
  };
}

export const connections = 64;

async function loadOver(
  count: number,
  url: string,
  seconds: number,
  script: string,
  ...args: string[]
): Promise<Load> {
  const command = [
    '-c',
    loadCore,
    'wrk',
    '-t1',
    `-c${count}`,
    `-d${seconds}s`,
    '--latency',
    '--timeout',
    '10s',
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

/** A server, or several, under load: how it is loaded, and the meters of the processor time that it takes, in ms so far. */
export interface Loaded {
  load: () => Promise<Load>;
  /** Of the server, or of all servers together. */
  server: () => number;
  postgres?: () => number;
}

export interface Side {
  requestsPerSecond: number;
  p99Ms: number;
  /** Of the server for one request, all its threads together. */
  processorUs: number;
  /** Of PostgreSQL; 0 where there is none. */
  postgresUs: number;
  /** Cores that were busy with the load itself. */
  loadCores: number;
}

/** Loads both in turn, `rounds` times after a warm-up each, and gives the medians and the median of the ratios. */
export async function interleave(rounds: number, subject: Loaded, limit: Loaded) {
  const pairs: { subject: Side; limit: Side }[] = [];
  for (let round = 0; round <= rounds; round += 1)
    pairs.push({ subject: await loadOne(subject), limit: await loadOne(limit) });
  pairs.shift();
  const ratios = pairs.map((pair) => pair.subject.requestsPerSecond / pair.limit.requestsPerSecond);
  return {
    ratio: median(ratios),
    /** Lowest and highest ratio of a pair. */
    spread: { least: Math.min(...ratios), most: Math.max(...ratios) },
    subject: mediansOf(pairs.map((pair) => pair.subject)),
    limit: mediansOf(pairs.map((pair) => pair.limit)),
  };
}

async function loadOne({ load: run, server, postgres = () => 0 }: Loaded): Promise<Side> {
  const before = { server: server(), postgres: postgres(), load: loadMs() };
  const { requests, requestsPerSecond, p99Ms } = await run();
  const usSince = (then: number, now: number) => ((now - then) * 1_000) / requests;
  return {
    requestsPerSecond,
    p99Ms,
    processorUs: usSince(before.server, server()),
    postgresUs: usSince(before.postgres, postgres()),
    loadCores: (usSince(before.load, loadMs()) * requestsPerSecond) / 1e6,
  };
}

/** Processor time of this process, which makes the load, and of what it has started for that and has ended. */
const loadMs = () => timesOf(process.pid).reduce((sum, ticks) => sum + ticks, 0) * msPerTick;

function mediansOf(sides: readonly Side[]): Side {
  return {
    requestsPerSecond: median(sides.map((side) => side.requestsPerSecond)),
    p99Ms: median(sides.map((side) => side.p99Ms)),
    processorUs: median(sides.map((side) => side.processorUs)),
    postgresUs: median(sides.map((side) => side.postgresUs)),
    loadCores: median(sides.map((side) => side.loadCores)),
  };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** Meter of a server's processor time. */
export const meterOf =
  ({ pid }: Pick<Measured, 'pid'>) =>
  (): number =>
    processorMs(pid);

/** Processor time of a process so far, all its threads together. */
export function processorMs(pid: number): number {
  const [user, system] = timesOf(pid);
  return (user + system) * msPerTick;
}

/** Processor time of a process so far with that of its children, those that have ended included. */
export function familyMs(pid: number): number {
  const own = timesOf(pid).reduce((sum, ticks) => sum + ticks, 0) * msPerTick;
  return childrenOf(pid).reduce((sum, child) => sum + processorMs(child), own);
}

export function childrenOf(pid: number): number[] {
  const words = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return words.filter((word) => word !== '').map(Number);
}

/** Ticks of the process in user and in system mode, and of its children that have ended; zeros where it has ended itself. */
function timesOf(pid: number): [user: number, system: number, endedUser: number, endedSystem: number] {
  try {
    // Up to the last bracket stands the name, which may have spaces: man 5 proc_pid_stat.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
    return [user, system, endedUser, endedSystem];
  } catch {
    return [0, 0, 0, 0];
  }
}

/** `getconf CLK_TCK` is 100 on every Linux that Node runs on. */
const msPerTick = 10;
