// Starts what is measured on one core and the load on another, so that neither slows the other. A second server, and PostgreSQL, have the
// cores that are left; where there are two in all, PostgreSQL shares that of the load.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sayProgress } from './rows/progress.ts';

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
  // A bench that fails leaves nothing behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  void closed.then(() => process.off('exit', kill));
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
      kill();
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

/**
 * Loads both in turn, in `rounds` pairs after one to warm up, and gives the medians and the median of the ratios. In a pair each is loaded
 * `turns` times, and each is first as often as second where these are even: a machine that grows slower or faster meanwhile, as others
 * share it, favours neither.
 */
export async function interleave(rounds: number, subject: Loaded, limit: Loaded, turns = 1) {
  const pairs: { subject: Side; limit: Side }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const sides = { subject: new LoadedSide(subject), limit: new LoadedSide(limit) };
    for (let turn = 0; turn < turns; turn += 1) {
      const isSubjectFirst = (round + turn) % 2 === 0;
      await (isSubjectFirst ? sides.subject : sides.limit).load();
      await (isSubjectFirst ? sides.limit : sides.subject).load();
      sayProgress(`round ${round} of ${rounds}`);
    }
    pairs.push({ subject: sides.subject.measured(), limit: sides.limit.measured() });
  }
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

/** One side of a pair: what its loads took together. */
class LoadedSide {
  readonly #loaded: Loaded;
  readonly #loads: Load[] = [];
  /** Milliseconds of processor time. */
  readonly #spent = { server: 0, postgres: 0, load: 0 };

  constructor(loaded: Loaded) {
    this.#loaded = loaded;
  }

  async load(): Promise<void> {
    const before = this.#meters();
    this.#loads.push(await this.#loaded.load());
    const after = this.#meters();
    for (const name of ['server', 'postgres', 'load'] as const)
      this.#spent[name] += after[name] - before[name];
  }

  measured(): Side {
    const mean = (of: (each: Load) => number) =>
      this.#loads.reduce((sum, each) => sum + of(each), 0) / this.#loads.length;
    const requestsPerSecond = mean((each) => each.requestsPerSecond);
    const requests = mean((each) => each.requests) * this.#loads.length;
    const usEach = (ms: number) => (ms * 1_000) / requests;
    return {
      requestsPerSecond,
      p99Ms: mean((each) => each.p99Ms),
      processorUs: usEach(this.#spent.server),
      postgresUs: usEach(this.#spent.postgres),
      loadCores: (usEach(this.#spent.load) * requestsPerSecond) / 1e6,
    };
  }

  #meters() {
    const { server, postgres = () => 0 } = this.#loaded;
    return { server: server(), postgres: postgres(), load: loadMs() };
  }
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

export const median = (values: readonly number[]): number => quantile(values, 0.5);

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
