// The main thread's side of the thread that reads the gauges.

import type { GaugesStore, StoreGauges } from '../../../core/gauges/store-gauges.ts';
import { createThreadPool } from '../../../lib/threads/thread-pool.ts';
import type { GaugesTask } from './gauges-thread.ts';

/** Longer than most intervals between two scrapes, so that the thread is not started for each. */
const idleMs = 70_000;
const timeoutMs = 30_000;

export function createGauges(file: string): GaugesStore & { close(): Promise<void> } {
  const pool = createThreadPool({
    entry: new URL('./gauges-thread.ts', import.meta.url),
    threads: 1,
    maxHeapMb: 64,
    idleMs,
    maxWaiting: 4,
  });
  return {
    readGauges: (now) => pool.run<StoreGauges>({ file, now } satisfies GaugesTask, { timeoutMs }),
    close: pool.close,
  };
}
