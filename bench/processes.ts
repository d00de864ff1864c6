// Starts what is measured on one core and the load on another, so that neither slows the other.

import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const serverCore = '0';
export const loadCore = '1';
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export interface Measured {
  url: string;
  pid: number;
  end(): Promise<void>;
}

export const startBare = (...args: string[]): Promise<Measured> =>
  start([here('bare-server.ts'), ...args], {});

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
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: quantileMs(50),
    p99Ms: quantileMs(99),
  };
}

/** Loads both in turn, `rounds` times after a warm-up each, and gives the medians and the median of the ratios. */
export async function interleave(rounds: number, subject: () => Promise<Load>, limit: () => Promise<Load>) {
  await subject();
  await limit();
  const pairs: { subject: Load; limit: Load }[] = [];
  for (let round = 0; round < rounds; round += 1)
    pairs.push({ subject: await subject(), limit: await limit() });
  return {
    ratio: median(pairs.map((pair) => pair.subject.requestsPerSecond / pair.limit.requestsPerSecond)),
    subject: median(pairs.map((pair) => pair.subject.requestsPerSecond)),
    limit: median(pairs.map((pair) => pair.limit.requestsPerSecond)),
    p99Ms: median(pairs.map((pair) => pair.subject.p99Ms)),
    limitP99Ms: median(pairs.map((pair) => pair.limit.p99Ms)),
  };
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
