import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import type { TaskErrorType } from '../../core/errors.ts';
import {
  coarseMs,
  countedSince,
  durationClass,
  fineMs,
  fineSince,
  type TaskCounts,
} from '../../core/tasks/statistics.ts';
import type { AttemptEnd, TaskEnd } from '../../core/tasks/task-store.ts';
import { newTask } from '../task-store.conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';

/** At the beginning of a coarse bucket. */
const start = Math.ceil(1_800_000_000_000 / coarseMs) * coarseMs;
const view = { key: 'k', text: '{}' };
const call = (at: number) => ({ upstream: 'u', upstreamModel: 'm', credential: 'key_1', at });
const spent = (costMicroUsd: number | null): AttemptEnd => ({
  outcome: 'failed',
  failure: null,
  maybeBilled: false,
  usage: null,
  costMicroUsd,
});
const failed = (at: number, type: TaskErrorType): TaskEnd => ({
  at,
  outcome: { state: 'error', failure: { type, message: '', retryable: false } },
  view,
});
const succeeded = (at: number): TaskEnd => ({
  at,
  outcome: { state: 'succeeded', result: { pictures: [], description: '', warnings: [] } },
  view,
  attempt: { ...spent(30_000), outcome: 'succeeded' },
});

let directory: string;
let store: ReturnType<typeof openSqliteStore>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plantain-statistics-'));
  store = openSqliteStore({
    directory,
    changes: createLocalChanges(),
    onDeath(error) {
      throw error;
    },
  });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

async function taken(createdAt: number) {
  await store.insert([newTask({ createdAt, deadlineAt: createdAt + coarseMs })]);
  const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
  const [leased] = await store.takeDue({ needs, now: createdAt + 1_000, leaseMs: 10_000 });
  if (leased === undefined) throw new Error('nothing was taken');
  return leased;
}
const all = () => store.countsBetween(0, Number.MAX_SAFE_INTEGER);

test('a task is counted when it comes and when it ends, with what all its attempts cost', async () => {
  const { lease } = await taken(start);
  await store.openAttemptIfLeased(lease, call(start + 2_000));
  await store.closeAttemptIfLeased(lease, start + 3_000, spent(7));
  await store.openAttemptIfLeased(lease, call(start + 4_000));
  const end = succeeded(start + fineMs + 8_000);
  expect(await store.finishIfLeased(lease, end)).toBe(true);
  expect(await store.finishIfLeased(lease, end)).toBe(false);
  const model = 'nano-banana';
  expect(all()).toEqual([
    {
      bucketAt: start,
      model,
      counts: { submitted: 1, ended: {}, costMicroUsd: 0, durations: {}, runs: {} },
    },
    {
      bucketAt: start + fineMs,
      model,
      counts: {
        submitted: 0,
        ended: { succeeded: 1 },
        costMicroUsd: 30_007,
        durations: { [durationClass(fineMs + 8_000)]: 1 },
        runs: { [durationClass(fineMs + 6_000)]: 1 },
      },
    },
  ]);
  expect(store.countsBetween(start + 1, start + fineMs)).toEqual([]);
});

test('failures are counted by type and without a duration, also those of tasks that never ran', async () => {
  const { lease } = await taken(start);
  await store.finishIfLeased(lease, failed(start + 9, 'no_image'));
  for (const type of ['cancelled', 'deadline_exceeded', 'cancelled'] as const) {
    const task = newTask({ createdAt: start, deadlineAt: start + coarseMs });
    await store.insert([task]);
    await store.finishIfPending(task.id, failed(start + 10, type));
  }
  expect(all().map(({ counts }) => counts)).toEqual([
    {
      submitted: 4,
      ended: { no_image: 1, cancelled: 2, deadline_exceeded: 1 },
      costMicroUsd: 0,
      durations: {},
      runs: {},
    },
  ]);
});

test('a batch is counted by its models, and neither what is refused nor what is answered again', async () => {
  const tasks = [newTask(), newTask(), newTask({ model: 'other' })];
  const once = { keyId: 'k', idempotencyKey: 'i', requestHash: '', answer: '{}', expiresAt: start * 2 };
  await store.insert(tasks, once);
  expect(await store.insert([newTask()], once)).not.toBeNull();
  await expect(store.insert([newTask(), ...tasks])).rejects.toThrow('UNIQUE');
  expect(all().map(({ model, counts }) => [model, counts.submitted])).toEqual([
    ['nano-banana', 2],
    ['other', 1],
  ]);
});

test('fine buckets are joined into coarse ones after two days, and deleted after ninety, without a count lost before', async () => {
  const now = start + 100 * 24 * 3_600_000;
  const times = [
    countedSince(now) - fineMs,
    countedSince(now),
    start + 50 * 24 * 3_600_000 + fineMs,
    start + 50 * 24 * 3_600_000 + 2 * fineMs,
    fineSince(now) - fineMs,
    fineSince(now) + fineMs,
    now - 1,
  ];
  for (const createdAt of times) await store.insert([newTask({ createdAt, deadlineAt: createdAt + 1 })]);
  const kept = all().filter(({ bucketAt }) => bucketAt >= countedSince(now));
  await store.foldStatistics(now);
  const folded = all();
  await store.foldStatistics(now);
  expect(all()).toEqual(folded);
  expect(folded.map(({ bucketAt, counts }) => [bucketAt, counts.submitted])).toEqual([
    [countedSince(now), 1],
    [start + 50 * 24 * 3_600_000, 2],
    [fineSince(now) - coarseMs, 1],
    [fineSince(now) + fineMs, 1],
    [now - fineMs, 1],
  ]);
  const total = (counts: { counts: TaskCounts }[]) =>
    counts.reduce((sum, each) => sum + each.counts.submitted, 0);
  expect(total(folded)).toBe(total(kept));
});

test('what waits is counted by model', async () => {
  await store.insert([newTask(), newTask({ model: 'other' }), newTask({ model: 'other' })]);
  await taken(1_000);
  expect(store.countPendingByModel()).toEqual([
    { model: 'nano-banana', count: 1 },
    { model: 'other', count: 2 },
  ]);
});

test('the last usable admin key can be renamed, but neither ended nor given an earlier end', async () => {
  const key = (id: string, change = {}) => ({
    id,
    name: id,
    role: 'admin' as const,
    hint: '',
    createdAt: 0,
    expiresAt: null,
    revokedAt: null,
    ...change,
  });
  const keys = [
    key('last'),
    key('expired', { expiresAt: 5 }),
    key('revoked', { revokedAt: 5 }),
    key('user', { role: 'user' }),
    key('second'),
  ];
  for (const [index, each] of keys.entries()) await store.insertKey(each, Buffer.alloc(32, index));
  // Two admins who revoke each other's key at the same time: one of them wins.
  const both = await Promise.all([
    store.changeKey('second', { revokedAt: 10 }, 10),
    store.changeKey('last', { revokedAt: 10 }, 10),
  ]);
  expect(both).toEqual(['changed', 'last_admin']);
  expect(await store.changeKey('last', { expiresAt: 99 }, 10)).toBe('last_admin');
  expect(await store.changeKey('last', { name: 'new name' }, 10)).toBe('changed');
  expect(store.findKey('last')).toEqual(key('last', { name: 'new name' }));
  expect(await store.changeKey('expired', { expiresAt: 4 }, 10)).toBe('changed');
  expect(await store.changeKey('user', { revokedAt: 10 }, 10)).toBe('changed');
  expect(await store.changeKey('user', { name: 'x' }, 10)).toBe('revoked');
  expect(await store.changeKey('nobody', { name: 'x' }, 10)).toBe('unknown');
  await store.changeKey('expired', { expiresAt: 20 }, 10);
  expect(await store.changeKey('expired', { expiresAt: 30 }, 10)).toBe('changed');
  expect(await store.changeKey('last', { expiresAt: 99 }, 10)).toBe('changed');
  expect(await store.changeKey('last', { expiresAt: null }, 10)).toBe('changed');
  expect(store.findKey('last')?.expiresAt).toBeNull();
});
