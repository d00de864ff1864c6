// Costs of takes, of looks and of the predicted order on PostgreSQL with so many waiting, of the owners that `bench/takes.ts` has.

import { createLocalChanges } from 'plantain-server/src/core/tasks/changes.ts';
import type { NewTask } from 'plantain-server/src/core/tasks/task-store.ts';
import type { TaskRequest } from 'plantain-server/src/core/tasks/task.ts';
import { newTaskId } from 'plantain-server/src/lib/ids.ts';
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
  const timed = async (
    work: () => Promise<unknown>,
    before: () => Promise<unknown> = () => Promise.resolve(),
  ) => {
    const took: number[] = [];
    let spent = 0;
    while (took.length < rounds) {
      await before();
      const spentBefore = processorMs();
      const beganAt = performance.now();
      await work();
      took.push(performance.now() - beganAt);
      spent += processorMs() - spentBefore;
    }
    return `${median(took).toFixed(2)} (${(spent / rounds).toFixed(2)})`;
  };
  const take = async (limit: number) => {
    const needs = [{ model, inputs: 0, limit, calls: Array.from({ length: limit }, () => call) }];
    return await store.takeDue({ needs, now: Date.now(), leaseMs: 60_000 });
  };
  // As many come as are taken, and as wait where that is fewer.
  const refill = (limit: number) => () =>
    store.insert(Array.from({ length: Math.min(limit, count) }, (_, at) => newTask(`key_${at % 50}`)));
  try {
    // After these all that has arrived is in the lanes, and statements are prepared.
    for (let round = 0; round < 8; round += 1) await refill(1)().then(() => take(1));
    const cells: string[] = [];
    for (const limit of batches) cells.push(await timed(() => take(limit), refill(limit)));
    cells.push(await timed(() => store.pendingWork(Date.now())));
    cells.push(await timed(() => store.pendingQueue(model, 2_000)));
    return cells;
  } finally {
    await store.close();
  }
}

function newTask(keyId: string): NewTask {
  const createdAt = Date.now();
  const request: TaskRequest = { prompt: 'a banana', inputs: [], aspectRatio: 'auto', imageSize: '1K' };
  const deadlineAt = createdAt + 86_400_000;
  return { id: newTaskId(), keyId, action: 'generate', model, request, createdAt, deadlineAt };
}
