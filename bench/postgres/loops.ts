// Loops that the bench measures in a process of its own, on the core of the server.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Load, type Loaded, meterOf, serverCore } from '../processes.ts';

export interface LoopCall {
  loop: 'bare-submits' | 'bare-takes' | 'notifying-inserts' | 'store-takes' | 'store-tasks';
  /** Address of the database. */
  url: string;
  seconds: number;
  /** Number of rows or tasks in one statement. */
  size?: number;
  /** Number of statements at once, on a pool as `pg` makes it. */
  atOnce?: number;
  /** Rows that bare takes change: those that the store changes, or those of a table of their own. */
  rows?: 'same' | 'own';
  /** How others are told of a write. */
  notify?: 'never' | 'coalesced' | 'inside';
}

export interface LoopDone {
  count: number;
  seconds: number;
}

export interface Loops {
  /** Runs one loop, and is measured as a server under load is. */
  loaded(call: LoopCall, postgres: () => number): Loaded;
  run(call: LoopCall): Promise<Load>;
  end(): void;
}

const script = fileURLToPath(new URL('loops-process.ts', import.meta.url));

export function startLoops(): Loops {
  const child = spawn('taskset', ['-c', serverCore, process.execPath, script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  async function run(call: LoopCall): Promise<Load> {
    const answered = once(child, 'message');
    child.send(call);
    const ended = exited.then(() =>
      Promise.reject(new Error(`The loop ${call.loop} ended before its time.`)),
    );
    const [{ count, seconds }] = (await Promise.race([answered, ended])) as [LoopDone];
    return { requests: count, requestsPerSecond: count / seconds, p50Ms: Number.NaN, p99Ms: Number.NaN };
  }
  return {
    run,
    loaded: (call, postgres) => ({
      server: meterOf({ pid: child.pid ?? 0 }),
      postgres,
      load: () => run(call),
    }),
    end: () => void child.kill(),
  };
}
