// Costs of takes, of looks and of the predicted order on PostgreSQL with so many waiting, of the owners that `bench/takes.ts` has.

import { createLocalChanges } from 'plantain-server/src/core/tasks/changes.ts';
import { createPostgresStore } from 'plantain-server/src/store/postgres/postgres-store.ts';
import { loadNow } from '../machine.ts';
import { median } from '../processes.ts';
import { seedWaiting } from './seed.ts';
import { startBenchPostgres } from './server.ts';

const model = 'nano-banana';
const call = { upstream: 'u', upstreamModel: 'm', credential: 'c' };
const owner = `CASE WHEN n = 0 THEN 'key_quiet' WHEN n < count / 2 THEN 'key_flood' ELSE 'key_' || n % 50 END`;

interface Sizes {
  /** Tasks of one take. */
  batches: readonly number[];
  rounds: number;
}

/** Prints a line for each count. */
export async function measurePostgresTakes(counts: readonly number[], sizes: Sizes): Promise<void> {
  console.log(
    `load ${loadNow()}; ms with the commit: p50 of ${sizes.rounds} (the processor's of PostgreSQL)`,
  );
  console.log('| waiting | take of 1 | of 8 | of 64 | look at what waits | predicted order |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  const postgres = await startBenchPostgres();
  try {
    for (const count of counts) {
      const url = await postgres.createDatabase();
      await seedWaiting(url, count, owner);
      const cells = await measure(url, count, sizes, postgres.processorMs);
      console.log(`| ${[count.toLocaleString('en'), ...cells].join(' | ')} |`);
    }
  } finally {
    await postgres.stop();
  }
}

async function measure(
  url: string,
  count: number,
  { batches, rounds }: Sizes,
  processorMs: () => number,
): Promise<string[]> {
  const { store } = createPostgresStore({ url, changes: createLocalChanges() });
  const timed = async (work: () => Promise<unknown>, times = rounds): Promise<string> => {
    const spent = processorMs();
    const took: number[] = [];
    while (took.length < times) {
      const beganAt = performance.now();
      await work();
      took.push(performance.now() - beganAt);
    }
    return `${median(took).toFixed(2)} (${((processorMs() - spent) / times).toFixed(2)})`;
  };
  const take = (limit: number) => async () => {
    const needs = [{ model, inputs: 0, limit, calls: Array.from({ length: limit }, () => call) }];
    return await store.takeDue({ needs, now: Date.now(), leaseMs: 60_000 });
  };
  try {
    // After these all that has arrived is in the lanes, and statements are prepared.
    const some = Math.min(8, count / 10);
    await timed(take(1), some);
    const cells: string[] = [];
    for (const limit of batches)
      cells.push(await timed(take(limit), Math.min(rounds, Math.max(1, Math.floor(count / 4 / limit)))));
    cells.push(await timed(() => store.pendingWork(Date.now())));
    cells.push(await timed(() => store.pendingQueue(model, 2_000)));
    return cells;
  } finally {
    await store.close();
  }
}
