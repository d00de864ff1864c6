// The main thread's side of the thread that counts all that waits.

import type { GaugesStore, StoreGauges } from '../../../core/gauges/store-gauges.ts';
import type { StatisticsStore } from '../../../core/tasks/statistics.ts';
import { createThreadPool } from '../../../lib/threads/thread-pool.ts';
import type { ExplainDamage } from '../damage.ts';
import type { GaugesAnswer, GaugesTask } from './gauges-thread.ts';

/** Longer than most intervals between two scrapes, so that the thread is not started for each. */
const idleMs = 70_000;
const timeoutMs = 30_000;

type Gauges = GaugesStore & Pick<StatisticsStore, 'countPendingByModel'> & { close(): Promise<void> };

/** `explain` makes of the driver's error what a read rejects with. */
export function createGauges(file: string, explain: ExplainDamage): Gauges {
  const pool = createThreadPool({
    entry: new URL('./gauges-thread.ts', import.meta.url),
    threads: 1,
    maxHeapMb: 64,
    idleMs,
    maxWaiting: 8,
  });
  async function read<Value>(task: GaugesTask): Promise<Value> {
    const answer = await pool.run<GaugesAnswer>(task, { timeoutMs });
    if ('value' in answer) return answer.value as Value;
    throw explain(Object.assign(new Error(answer.error.message), { errcode: answer.error.errcode }));
  }
  return {
    readGauges: (now) => read<StoreGauges>({ file, read: 'gauges', now }),
    countPendingByModel: () => read({ file, read: 'pendingByModel' }),
    close: pool.close,
  };
}
