// Takes of the store from a queue that is long enough: leases, attempts and webhooks with them, as a worker takes tasks that need no inputs.

import { createLocalChanges } from 'plantain-server/src/core/tasks/changes.ts';
import { createPostgresStore } from 'plantain-server/src/store/postgres/postgres-store.ts';
import type { LoopCall } from './loops.ts';
import type { Loop } from './loops-process.ts';

const leaseMs = 60_000;
const call = { upstream: 'u', upstreamModel: 'm', credential: 'c' };

/** Counts tasks. */
export async function createStoreTakes({ url, size = 1 }: LoopCall): Promise<Loop> {
  const { store } = createPostgresStore({ url, changes: createLocalChanges() });
  const calls = Array.from({ length: size }, () => call);
  return async (seconds) => {
    const until = performance.now() + seconds * 1_000;
    let count = 0;
    while (performance.now() < until) {
      const needs = [{ model: 'nano-banana', inputs: 0, limit: size, calls }];
      const taken = await store.takeDue({ needs, now: Date.now(), leaseMs });
      if (taken.length === 0) throw new Error('There are too few waiting tasks for the loop.');
      count += taken.length;
    }
    return count;
  };
}
