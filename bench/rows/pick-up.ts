// How long an accepted task waits until its upstream is called, on a server that has nothing else to do.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { allCores } from '../processes.ts';
import type { MeasureRows } from './row.ts';

const script = fileURLToPath(new URL('../pick-up-process.ts', import.meta.url));
const mostMs = 2.5;

export const measurePickUp: MeasureRows = async () => {
  // Client and server are one process here, and the writer's thread is to have a core beside it.
  const { stdout } = await promisify(execFile)('taskset', ['-c', allCores, process.execPath, script]);
  const { p50, p99 } = JSON.parse(stdout) as { p50: number; p99: number };
  return [
    {
      what: 'accepted to upstream called, idle server',
      measured: `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
      limit: '-',
      figure: `${p99.toFixed(2)} ms`,
      claim: `p99 <= ${mostMs} ms`,
      holds: p99 <= mostMs,
    },
  ];
};
