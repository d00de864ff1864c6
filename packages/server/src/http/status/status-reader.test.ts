import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { nothingKnown } from '../../core/tasks/estimates.ts';
import type { Task } from '../../core/tasks/task.ts';
import type { Waiting } from '../../core/tasks/waiting.ts';
import type { StatusSource, TaskReads } from '../../core/tasks/task-reads.ts';
import { createLinks } from '../links/links.ts';
import { createStatusReader } from './status-reader.ts';
import { createTaskViews } from '../views/task-view.ts';
import { noMoney } from '../../core/ledger/money.ts';

const id = '019aa000-0000-7000-8000-00000000002a';
const task: Task = {
  id,
  keyId: 'key_1',
  ownerId: 'key_1',
  priority: 0,
  action: 'generate',
  model: 'nano-banana',
  request: { prompt: 'x', inputs: [], aspectRatio: 'auto', imageSize: '1K' },
  state: 'succeeded',
  createdAt: 0,
  batchId: null,
  updatedAt: 0,
  changed: 1,
  cancelRequestedAt: null,
  dueAt: 0,
  deadlineAt: 1,
  finishedAt: 0,
  progress: 1,
  triesUsed: 1,
  money: noMoney,
  result: {
    pictures: [
      {
        key: 'k',
        fileName: 'output.png',
        width: 1,
        height: 1,
        content_type: 'image/png',
        bytes: 1,
        sha256: '',
      },
    ],
    description: '',
    warnings: [],
  },
  failure: null,
  attempts: [],
};

function setUp({ isShared = false } = {}) {
  const state = {
    publicUrl: 'http://127.0.0.1:0',
    reads: 0,
    waiting: null as Waiting | null,
    task,
    now: 0,
    position: null as number | null,
  };
  const signer = { lifetimeSeconds: 60, keyName: 'name', sign: (path: string) => path };
  const views = createTaskViews(
    createLinks(signer, () => state.publicUrl),
    {
      waitingOf: () => state.waiting,
      hints: {
        isFresh: () => true,
        refresh: async () => {},
        of: () => ({ ...nothingKnown, queuePosition: state.position }),
      },
      clock: { now: () => state.now },
    },
  );
  const stored = { key: views.key, view: views.render(task).text };
  const store: Pick<TaskReads, 'findStatus'> = {
    async findStatus(asked, viewKey, keyId) {
      state.reads += 1;
      if (asked !== id || keyId !== task.keyId) return null;
      return state.task === task && viewKey === stored.key
        ? { keyId, view: stored.view }
        : { keyId, task: state.task };
    },
  };
  const reader = createStatusReader({ store, views, changes: createLocalChanges(), isShared });
  return { state, reader, views, store };
}

test('a text that is asked for again is kept, and read anew when what its links depend on has changed', async () => {
  const { state, reader } = setUp();
  for (let time = 0; time < 3; time += 1)
    expect((await reader.read(id, 'key_1'))?.text).toContain('"http://127.0.0.1:0/files/');
  expect(state.reads).toBe(2);
  state.publicUrl = 'http://127.0.0.1:8080';
  for (let time = 0; time < 3; time += 1)
    expect((await reader.read(id, 'key_1'))?.text).toContain('"http://127.0.0.1:8080/files/');
  expect(state.reads).toBe(3);
});

test('over a store that others change too, a final text is kept from its first read on, and no other', async () => {
  const { state, reader } = setUp({ isShared: true });
  state.task = { ...task, state: 'pending', finishedAt: null, result: null };
  for (let time = 0; time < 3; time += 1) await reader.read(id, 'key_1');
  expect(state.reads).toBe(3);
  state.task = task;
  const shown = await reader.read(id, 'key_1');
  expect(state.reads).toBe(4);
  expect(reader.peek(id, 'key_1')).toBe(shown);
  expect(await reader.read(id, 'key_1')).toBe(shown);
  expect(state.reads).toBe(4);
});

test('a pending task’s text is kept for as long as what it waits for stays the same', async () => {
  const { state, reader } = setUp();
  state.task = { ...task, state: 'pending', finishedAt: null, result: null };
  const waitingNow = async () =>
    (JSON.parse((await reader.read(id, 'key_1'))?.text ?? '') as { waiting?: unknown }).waiting;
  for (let time = 0; time < 3; time += 1) expect(await waitingNow()).toBeUndefined();
  expect(state.reads).toBe(2);
  state.waiting = { reason: 'quota', message: 'Until midnight.', until: 5_000 };
  for (let time = 0; time < 3; time += 1)
    expect(await waitingNow()).toEqual({ reason: 'quota', message: 'Until midnight.', until: '5' });
  expect(state.reads).toBe(3);
  state.waiting = { reason: 'busy', message: 'All places are taken.', until: null };
  expect(await waitingNow()).toEqual({ reason: 'busy', message: 'All places are taken.' });
});

test('what is said beforehand is believed for a second, however many ask, and makes no new version', async () => {
  const { state, reader } = setUp();
  state.task = { ...task, state: 'pending', finishedAt: null, result: null };
  const ask = async () => {
    const shown = await reader.read(id, 'key_1');
    if (shown === null) throw new Error('There is no such task.');
    return shown;
  };
  await ask();
  const first = await ask();
  state.position = 3;
  state.now = 999;
  for (let time = 0; time < 1_000; time += 1) expect(await ask()).toBe(first);
  expect(state.reads).toBe(2);
  state.now = 1_000;
  const second = await ask();
  expect(JSON.parse(second.text)).toMatchObject({ queue_position: 3 });
  expect(second.version).toBe(first.version);
  expect(second.etag).not.toBe(first.etag);
  state.task = { ...state.task, progress: 0.5 };
  state.now = 2_000;
  expect((await ask()).version).not.toBe(first.version);
});

test('progress is shown with four decimals at most, in every state, however it is stored', async () => {
  const { state, reader } = setUp();
  const shownOf = async (change: Partial<Task>) => {
    state.task = { ...task, finishedAt: null, result: null, ...change };
    state.now += 1_000;
    const [, progress = ''] = /"progress":([^,]*),/.exec((await reader.read(id, 'key_1'))?.text ?? '') ?? [];
    return progress;
  };
  const failure = { type: 'no_image', message: 'No.', retryable: false } as const;
  expect(await shownOf({ state: 'running', progress: 0.18000000000000002 })).toBe('0.18');
  expect(await shownOf({ state: 'running', progress: 1e-9 })).toBe('0');
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), async (progress) => {
      const shown = await shownOf({ state: 'running', progress });
      expect(shown).toMatch(/^[01](\.\d{1,4})?$/);
      expect(Math.abs(Number(shown) - progress)).toBeLessThan(0.0001);
    }),
  );
  expect(await shownOf({ state: 'error', failure, progress: 1 / 3 })).toBe('0.3333');
});

test.each([true, false])(
  'another’s task costs what one costs that never was; shared: %s',
  async (isShared) => {
    const { state, reader } = setUp({ isShared });
    const costOf = async (asked: string) => {
      const before = state.reads;
      const peeked = reader.peek(asked, 'key_2');
      const answers = await Promise.all([reader.read(asked, 'key_2'), reader.read(asked, 'key_2')]);
      return { peeked, answers, reads: state.reads - before };
    };
    const never = await costOf(id.replace('019', '01a'));
    expect(never.answers).toEqual([null, null]);
    expect(await costOf(id)).toEqual(never);
    // Its owner has it in the cache.
    for (let time = 0; time < 3; time += 1) await reader.read(id, 'key_1');
    expect(reader.peek(id, 'key_1')).toMatchObject({ isFinal: true });
    expect(await costOf(id)).toEqual(never);
  },
);

test('a read under way for another key is nobody else’s answer', async () => {
  const { reader } = setUp();
  const [others, own] = await Promise.all([reader.read(id, 'key_2'), reader.read(id, 'key_1')]);
  expect(others).toBeNull();
  expect(own?.isFinal).toBe(true);
  expect((await Promise.all([reader.read(id, 'key_1'), reader.read(id, 'key_2')]))[1]).toBeNull();
});

test('a text is peeked at where the store reads without waiting, and else once it has been read', async () => {
  const { reader, views, store } = setUp();
  expect(reader.peek(id, 'key_1')).toBeUndefined();
  await reader.read(id, 'key_1');
  await reader.read(id, 'key_1');
  expect(reader.peek(id, 'key_1')?.isFinal).toBe(true);
  expect(reader.peek(id, 'key_2')).toBeUndefined();
  expect(await reader.read(id, 'key_2')).toBeNull();
  const findStatusNow = () => ({
    keyId: 'key_1',
    task: { ...task, state: 'pending' as const, finishedAt: null },
  });
  const isReady = { value: false };
  const waiting = {
    key: views.key,
    isReady: () => isReady.value,
    prepare: async () => {},
    render: views.render,
  };
  const quick = createStatusReader({
    store: { ...store, findStatusNow },
    views: waiting,
    changes: createLocalChanges(),
    isShared: false,
  });
  // Estimates have to be refreshed first.
  expect(quick.peek(id, 'key_1')).toBeUndefined();
  isReady.value = true;
  expect(quick.peek(id, 'key_1')?.isFinal).toBe(false);
});

test('a read that began before a change is not cached, and is not joined by who asks after it', async () => {
  const { views } = setUp();
  const changes = createLocalChanges();
  const reads: PromiseWithResolvers<StatusSource | null>[] = [];
  const findStatus = () => {
    const read = Promise.withResolvers<StatusSource | null>();
    reads.push(read);
    return read.promise;
  };
  const reader = createStatusReader({ store: { findStatus }, views, changes, isShared: false });
  const ask = async () => (await reader.read(id, 'key_1'))?.text;
  const [early, joined] = [ask(), ask()];
  expect(reads).toHaveLength(1);
  changes.notify([{ taskId: id, keyId: 'key_1', state: 'succeeded' }]);
  const late = ask();
  expect(reads).toHaveLength(2);
  reads[1]?.resolve({ keyId: 'key_1', view: 'new' });
  expect(await late).toBe('new');
  reads[0]?.resolve({ keyId: 'key_1', view: 'old' });
  expect(await Promise.all([early, joined])).toEqual(['old', 'old']);
  // Asked for often enough to be cached: it is the new one, or nothing.
  const again = ask();
  reads[2]?.resolve({ keyId: 'key_1', view: 'new' });
  expect(await again).toBe('new');
  expect(reader.peek(id, 'key_1')?.text).toBe('new');
});
