import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DamagedStoreError } from '../errors.ts';
import { createHints } from './hints.ts';
import type { Task } from './task.ts';

const model = 'nano-banana';

function setUp(entries: { dueAt: number; id: string }[], { isWhole = true } = {}) {
  const state = { now: 5_000, reads: 0, durationsMs: [1_000, 1_000, 1_000] };
  const hintsOf = createHints({
    store: {
      recentRuns(limit) {
        state.reads += 1;
        return state.durationsMs.slice(0, limit).map((durationMs) => ({ model, durationMs }));
      },
      running: () => [
        { model, since: 4_500 },
        { model: 'another', since: null },
      ],
      pendingQueue: () => ({
        entries: entries.toSorted((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1)),
        isWhole,
      }),
    },
    clock: { now: () => state.now },
    concurrency: 2,
  });
  return { state, hintsOf };
}

const pending = (change: Partial<Task> = {}) =>
  ({ id: 'b', model, state: 'pending', dueAt: 1_000, attempts: [], ...change }) as unknown as Task;

test('the store is asked once a second, however many ask', () => {
  const { state, hintsOf } = setUp([]);
  for (let time = 0; time < 1_000; time += 1) hintsOf(pending(), null);
  state.now += 999;
  hintsOf(pending({ state: 'running' }), null);
  expect(state.reads).toBe(1);
  state.now += 1;
  hintsOf(pending(), null);
  expect(state.reads).toBe(2);
});

test('the position is the number of those that come before by due time and id, and one', () => {
  const entry = fc.record({ dueAt: fc.integer({ min: 0, max: 20 }), id: fc.string({ maxLength: 3 }) });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 50 }), entry, (entries, task) => {
      const { hintsOf } = setUp(entries);
      const before = entries.filter(
        ({ dueAt, id }) => dueAt < task.dueAt || (dueAt === task.dueAt && id < task.id),
      );
      expect(hintsOf(pending(task), null).queuePosition).toBe(before.length + 1);
    }),
  );
});

test('who stands behind what was read of a long queue has no known position', () => {
  const { hintsOf } = setUp(
    [
      { dueAt: 1_000, id: 'a' },
      { dueAt: 1_000, id: 'c' },
    ],
    { isWhole: false },
  );
  expect(hintsOf(pending(), null).queuePosition).toBe(2);
  expect(hintsOf(pending({ dueAt: 1_001 }), null)).toMatchObject({ queuePosition: null, startAt: null });
});

test('a running task is to end when its call has lasted as long as most', () => {
  const { hintsOf } = setUp([]);
  const call = { startedAt: 4_900, finishedAt: null };
  const earlier = { startedAt: 1_000, finishedAt: 2_000 };
  expect(
    hintsOf(pending({ state: 'running', attempts: [earlier, call] as Task['attempts'] }), null).finishAt,
  ).toBe(5_900);
  expect(hintsOf(pending({ state: 'running' }), null).finishAt).toBe(6_000);
});

test('what is known to hold a task back moves its start', () => {
  const { hintsOf } = setUp([{ dueAt: 1_000, id: 'b' }]);
  // Both places of the server are taken; the model's own comes free half a second from now.
  expect(hintsOf(pending(), null).startAt).toBe(5_500);
  const quota = { reason: 'quota', message: 'Until midnight.', until: 60_000 } as const;
  expect(hintsOf(pending(), quota)).toMatchObject({
    startAt: 60_000,
    finishAt: 61_000,
    pollAfterSeconds: 56,
  });
  expect(hintsOf(pending({ dueAt: 7_000 }), null).startAt).toBe(7_000);
});

test.each([
  ['how long runs took', 'recentRuns', { queuePosition: 1, startAt: null, finishAt: null }],
  ['what runs', 'running', { queuePosition: 1, startAt: null, finishAt: null }],
  ['the queue', 'pendingQueue', { queuePosition: null, startAt: null, finishAt: null }],
] as const)('where %s lies on a damaged page, that hint is left out', (_, damaged, left) => {
  let asked = 0;
  const fail = () => {
    asked += 1;
    throw new DamagedStoreError('the file is damaged');
  };
  const hintsOf = createHints({
    store: {
      recentRuns: () => [1, 2, 3].map(() => ({ model, durationMs: 1_000 })),
      running: () => [],
      pendingQueue: () => ({ entries: [], isWhole: true }),
      [damaged]: fail,
    },
    clock: { now: () => 5_000 },
    concurrency: 2,
  });
  for (let time = 0; time < 3; time += 1) expect(hintsOf(pending(), null)).toMatchObject(left);
  expect(asked).toBe(1);
});

test('a store that fails for another reason is not passed over', () => {
  const fail = () => {
    throw new TypeError('no');
  };
  const hintsOf = createHints({
    store: { recentRuns: fail, running: () => [], pendingQueue: () => ({ entries: [], isWhole: true }) },
    clock: { now: () => 5_000 },
    concurrency: 2,
  });
  expect(() => hintsOf(pending(), null)).toThrow('no');
});
