// Shared by the suites of the store ports: a store for each test, and what becomes of tasks in it.

import { test } from 'vitest';
import { type Change, type Changes, createLocalChanges } from '../../core/tasks/changes.ts';
import type { LeasedTask, TaskEnd } from '../../core/tasks/task-queue.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import type { TaskErrorType, TaskFailure } from '../../core/errors.ts';
import type { TaskResult } from '../../core/tasks/task.ts';
import type { Store } from '../store.ts';
import { newTaskId } from '../../lib/ids.ts';

/** Makes an empty store; `cleanUp` removes what is left of it when it is closed. */
export type OpenStore = (changes: Changes) => Promise<{ store: Store; cleanUp: () => void | Promise<void> }>;

export const start = 1_800_000_000_000;
export const viewKey = 'k';
export const view = { key: viewKey, text: '{"shown":true}' };
export const failure: TaskFailure = {
  type: 'no_image',
  message: 'Nothing came.',
  retryable: true,
  upstreamReason: 'NO_IMAGE',
};
export const result: TaskResult = { pictures: [], description: 'done', warnings: [] };

/** The end of a failed attempt that cost nothing. */
export const failedAttempt = {
  outcome: 'failed',
  failure,
  maybeBilled: false,
  usage: null,
  costMicroUsd: 0,
} as const;

export const target = { upstream: 'u', upstreamModel: 'm', credential: 'key_1' };
export const callAt = (at: number) => ({ ...target, at });

export function newTask(change: Partial<NewTask> = {}): NewTask {
  return {
    id: newTaskId(),
    keyId: 'key_a',
    action: 'generate',
    model: 'nano-banana',
    request: { prompt: 'a “banana” \ud800', inputs: [], aspectRatio: 'auto', imageSize: '1K' },
    createdAt: start,
    deadlineAt: start + 60_000,
    ...change,
  };
}

/** An edit of so many links. */
export function newEdit(inputs: number, change: Partial<NewTask> = {}): NewTask {
  const task = newTask({ action: 'edit', ...change });
  const link = { kind: 'url' as const, url: 'https://a.example/b' };
  return { ...task, request: { ...task.request, inputs: Array.from({ length: inputs }, () => link) } };
}

export const succeeded = (at: number): TaskEnd => ({
  at,
  outcome: { state: 'succeeded', result },
  charge: { kind: 'settle', chargedMicroUsd: 0, reason: 'unpriced' },
  view,
});
export const failed = (at: number, type: TaskErrorType = failure.type): TaskEnd => ({
  at,
  outcome: { state: 'error', failure: { ...failure, type } },
  charge: { kind: 'release', reason: 'not_billed' },
  view,
});

/**
 * Tests with a store of their own. `told` are the changes that listeners were notified of; `take` takes what is due of the usual model;
 * `takenTask` inserts a task and takes it.
 */
export function storeTest(open: OpenStore) {
  return test
    .extend('told', () => [] as Change[])
    .extend('store', async ({ told }, { onCleanup }) => {
      const changes = createLocalChanges();
      changes.listen((change) => told.push(change));
      const { store, cleanUp } = await open(changes);
      onCleanup(async () => {
        await store.close();
        await cleanUp();
      });
      return store;
    })
    .extend('take', ({ store }) => createTake(store))
    .extend('takenTask', ({ store, take }) => createTakenTask(store, take));
}

type Take = (now?: number, limit?: number) => Promise<LeasedTask[]>;

function createTake(store: Store): Take {
  return (now = start, limit = 10) =>
    store.takeDue({ needs: [{ model: 'nano-banana', inputs: 0, limit }], now, leaseMs: 10_000 });
}

function createTakenTask(store: Store, take: Take) {
  return async (change: Partial<NewTask> = {}): Promise<LeasedTask> => {
    const task = newTask(change);
    await store.insert([task]);
    const [leased] = await take(Math.max(start, task.createdAt));
    if (leased === undefined) throw new Error('nothing was taken');
    return leased;
  };
}
