// Tasks through the store alone: submitted, taken with their attempts, and ended, in groups that are under way at once. Those that are
// submitted go to the end of the queue, so its length stays.

import { createLocalChanges } from 'plantain-server/src/core/tasks/changes.ts';
import type { TaskEnd } from 'plantain-server/src/core/tasks/task-queue.ts';
import type { NewTask } from 'plantain-server/src/core/tasks/task-store.ts';
import { newTaskId } from 'plantain-server/src/lib/ids.ts';
import { createPostgresStore } from 'plantain-server/src/store/postgres/postgres-store.ts';
import type { Store } from 'plantain-server/src/store/store.ts';
import type { LoopCall } from './loops.ts';
import type { Loop } from './loops-process.ts';
import { notBilled } from 'plantain-server/src/core/ledger/money.ts';

const leaseMs = 60_000;
const dayMs = 86_400_000;
const groups = 4;
const call = { upstream: 'u', upstreamModel: 'm', credential: 'c' };
const need = { model: 'nano-banana', inputs: 0 };

/** Counts tasks that have ended. */
export async function createStoreTasks({ url, size = 8 }: LoopCall): Promise<Loop> {
  const { store } = createPostgresStore({ url, changes: createLocalChanges() });
  return async (seconds) => {
    const until = performance.now() + seconds * 1_000;
    let count = 0;
    const workOn = async () => {
      while (performance.now() < until) {
        const ended = await doSome(store, size);
        count += ended;
      }
    };
    await Promise.all(Array.from({ length: groups }, workOn));
    return count;
  };
}

async function doSome(store: Store, size: number): Promise<number> {
  await Promise.all(Array.from({ length: size }, () => store.insert([newTask(Date.now())])));
  const calls = Array.from({ length: size }, () => call);
  // As a worker does before each take.
  await store.pendingWork(Date.now());
  const taken = await store.takeDue({ needs: [{ ...need, limit: size, calls }], now: Date.now(), leaseMs });
  const ended = await Promise.all(taken.map(({ lease }) => store.finishIfLeased(lease, endAt(Date.now()))));
  return ended.filter((isEnded) => isEnded).length;
}

function newTask(at: number): NewTask {
  const prompt = 'a banana on a skateboard, in the rain';
  return {
    id: newTaskId(),
    keyId: 'key_bench',
    action: 'generate',
    model: need.model,
    request: { prompt, inputs: [], aspectRatio: '16:9', imageSize: '1K' },
    createdAt: at,
    deadlineAt: at + dayMs,
  };
}

const endAt = (at: number): TaskEnd => ({
  at,
  outcome: { state: 'succeeded', result: { pictures: [], description: 'x'.repeat(300), warnings: [] } },
  attempt: { outcome: 'succeeded', failure: null, maybeBilled: false, usage: null, costMicroUsd: 39_000 },
  charge: notBilled,
  view: { key: 'k', text: 'x'.repeat(600) },
});
