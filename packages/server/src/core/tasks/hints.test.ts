import { expect, test } from 'vitest';
import { DamagedStoreError } from '../errors.ts';
import { createHints } from './hints.ts';
import type { Task } from './task.ts';
import type { Waiting } from './waiting.ts';

const model = 'nano-banana';

/** Hints from a snapshot that is as recent as it may be. */
function readHints(parts: Parameters<typeof createHints>[0]) {
  const hints = createHints(parts);
  return async (task: Task, waiting: Waiting | null) => {
    if (!hints.isFresh(task)) await hints.refresh(task);
    return hints.of(task, waiting);
  };
}

const nobodyHeld = { heldOwners: [], heldKeys: [] };

/** The predicted order of tasks with these ids, all of one owner. */
const ofOneOwner = (ids: readonly string[]) =>
  ids.map((id, tag) => ({ id, ownerId: 'own_1', priority: 0, tag, step: 1 }));

function setUp(ids: readonly string[], { isWhole = true } = {}) {
  const state = { now: 5_000, reads: 0, durationsMs: [1_000, 1_000, 1_000] };
  const hintsOf = readHints({
    store: {
      async recentRuns(limit) {
        state.reads += 1;
        return state.durationsMs.slice(0, limit).map((durationMs) => ({ model, durationMs }));
      },
      running: async () => [
        { model, since: 4_500 },
        { model: 'another', since: null },
      ],
      pendingQueue: async () => ({ entries: ofOneOwner(ids), isWhole, ...nobodyHeld }),
    },
    clock: { now: () => state.now },
    countPlaces: async () => 2,
  });
  return { state, hintsOf };
}

const pending = (change: Partial<Task> = {}) =>
  ({
    id: 'b',
    model,
    ownerId: 'own_1',
    keyId: 'key_1',
    priority: 0,
    state: 'pending',
    dueAt: 1_000,
    attempts: [],
    ...change,
  }) as unknown as Task;

test('the store is asked once a second, however many ask', async () => {
  const { state, hintsOf } = setUp([]);
  for (let time = 0; time < 1_000; time += 1) await hintsOf(pending(), null);
  state.now += 999;
  await hintsOf(pending({ state: 'running' }), null);
  expect(state.reads).toBe(1);
  state.now += 1;
  await hintsOf(pending(), null);
  expect(state.reads).toBe(2);
});

test('the position is that in the predicted order', async () => {
  const { hintsOf } = setUp(['c', 'b', 'a']);
  expect((await hintsOf(pending(), null)).queuePosition).toBe(2);
});

test('who stands behind what was read of a long queue has no known position', async () => {
  const { hintsOf } = setUp(['a', 'c'], { isWhole: false });
  expect((await hintsOf(pending(), null)).queuePosition).toBe(2);
  expect(await hintsOf(pending({ id: 'd' }), null)).toMatchObject({
    queuePosition: null,
    startAt: null,
  });
});

test('a task that a running limit holds has no position, and it is known whose limit it is', async () => {
  const hints = createHints({
    store: {
      recentRuns: async () => [1, 2, 3].map(() => ({ model, durationMs: 1_000 })),
      running: async () => [],
      pendingQueue: async () => ({
        entries: [],
        isWhole: true,
        heldOwners: ['own_1', 'key_2'],
        heldKeys: ['key_3'],
      }),
    },
    clock: { now: () => 5_000 },
    countPlaces: async () => 2,
  });
  expect(hints.heldBy(pending())).toBeNull();
  await hints.refresh(pending());
  const held = { reason: 'limit', message: '', until: null } as const;
  expect(hints.of(pending(), held)).toMatchObject({ queuePosition: null, startAt: null });
  expect(hints.heldBy(pending())).toBe('owner');
  expect(hints.heldBy(pending({ ownerId: 'key_2', keyId: 'key_2' }))).toBe('key');
  expect(hints.heldBy(pending({ ownerId: 'own_3', keyId: 'key_3' }))).toBe('key');
  expect(hints.heldBy(pending({ ownerId: 'own_4' }))).toBeNull();
});

test('a running task is to end when its call has lasted as long as most', async () => {
  const { hintsOf } = setUp([]);
  const call = { startedAt: 4_900, finishedAt: null };
  const earlier = { startedAt: 1_000, finishedAt: 2_000 };
  expect(
    (await hintsOf(pending({ state: 'running', attempts: [earlier, call] as Task['attempts'] }), null))
      .finishAt,
  ).toBe(5_900);
  expect((await hintsOf(pending({ state: 'running' }), null)).finishAt).toBe(6_000);
});

test('what is known to hold a task back moves its start', async () => {
  const { hintsOf } = setUp(['b']);
  // Both places of the server are taken; the model's own comes free half a second from now.
  expect((await hintsOf(pending(), null)).startAt).toBe(5_500);
  const quota = { reason: 'quota', message: 'Until midnight.', until: 60_000 } as const;
  expect(await hintsOf(pending(), quota)).toMatchObject({
    startAt: 60_000,
    finishAt: 61_000,
    pollAfterSeconds: 56,
  });
  expect((await hintsOf(pending({ dueAt: 7_000 }), null)).startAt).toBe(7_000);
});

test.each([
  ['how long runs took', 'recentRuns', { queuePosition: 1, startAt: null, finishAt: null }],
  ['what runs', 'running', { queuePosition: 1, startAt: null, finishAt: null }],
  ['the queue', 'pendingQueue', { queuePosition: null, startAt: null, finishAt: null }],
] as const)('where %s lies on a damaged page, that hint is left out', async (_, damaged, left) => {
  let asked = 0;
  const fail = async () => {
    asked += 1;
    throw new DamagedStoreError('the file is damaged');
  };
  const hintsOf = readHints({
    store: {
      recentRuns: async () => [1, 2, 3].map(() => ({ model, durationMs: 1_000 })),
      running: async () => [],
      pendingQueue: async () => ({ entries: [], isWhole: true, ...nobodyHeld }),
      [damaged]: fail,
    },
    clock: { now: () => 5_000 },
    countPlaces: async () => 2,
  });
  for (let time = 0; time < 3; time += 1) expect(await hintsOf(pending(), null)).toMatchObject(left);
  expect(asked).toBe(1);
});

test('a store that fails for another reason is not passed over', async () => {
  const fail = async () => {
    throw new TypeError('no');
  };
  const hintsOf = readHints({
    store: {
      recentRuns: fail,
      running: async () => [],
      pendingQueue: async () => ({ entries: [], isWhole: true, ...nobodyHeld }),
    },
    clock: { now: () => 5_000 },
    countPlaces: async () => 2,
  });
  await expect(hintsOf(pending(), null)).rejects.toThrow('no');
});

test('those who ask while the store is read have one read between them', async () => {
  const { state, hintsOf } = setUp([]);
  const asked = await Promise.all(Array.from({ length: 100 }, () => hintsOf(pending(), null)));
  expect(state.reads).toBe(1);
  expect(new Set(asked.map(({ queuePosition }) => queuePosition))).toEqual(new Set([1]));
});
