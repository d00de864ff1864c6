// A store whose reads take a while, as they do where the database is on another machine.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TaskReads } from '../core/tasks/task-reads.ts';

/** Turns of the event loop that pass before a read looks, and between its look and its answer. */
export type Delays = () => number;

/** Of a store, what reads tasks: each read waits before it looks and again before it answers. Nothing is read without waiting. */
export function withSlowReads(store: TaskReads, delays: Delays): Omit<TaskReads, 'findStatusNow'> {
  const slow =
    <Args extends unknown[], Value>(read: (...args: Args) => Promise<Value>) =>
    async (...args: Args): Promise<Value> => {
      await pass(delays());
      const value = await read(...args);
      await pass(delays());
      return value;
    };
  return {
    keyOfTask: slow(store.keyOfTask),
    keyOfBatch: slow(store.keyOfBatch),
    find: slow(store.find),
    findStatus: slow(store.findStatus),
    findListed: slow(store.findListed),
    list: slow(store.list),
    findIdsOfAll: slow(store.findIdsOfAll),
    batch: slow(store.batch),
    changedSince: slow(store.changedSince),
    latestChange: slow(store.latestChange),
  };
}

async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await nextTurn();
}
