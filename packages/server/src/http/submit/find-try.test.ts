import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { tryName } from '../../core/repeats/tries.ts';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { failed, newTask, start } from '../../store/conformance/store.fixture.ts';
import { openTestStore } from '../../store/test-store.fixture.ts';
import { temporaryDirectory } from '../server.fixture.ts';
import { createEarlierTries } from './earlier-tries.ts';

const clock = { now: () => start };
/** As many equal calls as nobody looks at in one page. */
const many = 110;

function setUp() {
  const store = openTestStore({ directory: temporaryDirectory(), changes: createLocalChanges() });
  onTestFinished(() => store.close());
  const tries = createEarlierTries({
    store,
    nodes: { id: 'node', list: async () => [] },
    clock,
    startTimer(run, ms) {
      // Ends that are stored now and then are of no matter here.
      if (ms < 1_000) {
        pauses += 1;
        setImmediate(run);
      }
      return () => {};
    },
  });
  let [made, pauses] = [0, 0];
  return {
    pauses: () => pauses,
    store,
    tries,
    /** Stores the first try of a call, with its task; `null` where nobody waits for it. */
    async makeTry(heldBy: 'node' | null) {
      const task = newTask();
      const once = {
        keyId: 'key_a',
        idempotencyKey: tryName('h', String((made += 1)).padStart(6, '0'), 0),
        requestHash: 'h',
        answer: JSON.stringify({ taskId: task.id }),
        expiresAt: start + 60_000,
        ofTry: { number: 0, heldBy, at: start, known: [] },
      };
      await store.insert([task], once);
      return task.id;
    },
    /** Gives the task that the second try of the call finds. */
    async findTask(timeout = '600', { signal } = new AbortController()) {
      const raw = Object.assign(new EventEmitter(), { destroyed: false });
      const hold = tries.holdFor({ raw } as unknown as FastifyReply);
      const headers = { 'x-stainless-retry-count': '1', 'x-stainless-timeout': timeout };
      const found = await tries.begin({ keyId: 'key_a', requestHash: 'h', headers, signal, hold }).find();
      return found === null ? null : (JSON.parse(found) as { taskId: string }).taskId;
    },
  };
}

test('of very many equal calls that are lost at once each gets a task again', async () => {
  const { makeTry, findTask } = setUp();
  const lost = await Promise.all(Array.from({ length: many }, () => makeTry(null)));
  const found = await Promise.all(lost.map(() => findTask()));
  expect(new Set(found)).toEqual(new Set(lost));
  expect(await findTask()).toBeNull();
});

test('a lost task is found behind those of very many equal calls that came later and go on', async () => {
  const { makeTry, findTask } = setUp();
  const lost = await makeTry(null);
  for (let count = 0; count < many; count += 1) void makeTry('node');
  await makeTry('node');
  expect(await findTask()).toBe(lost);
});

test('of very many calls whose clients may have gone unseen each is found once, without a pause', async () => {
  const { makeTry, findTask, pauses } = setUp();
  const held = await Promise.all(Array.from({ length: many }, () => makeTry('node')));
  const found = await Promise.all(held.map(() => findTask('0')));
  expect(new Set(found)).toEqual(new Set(held));
  expect(pauses()).toBe(0);
});

test('one that no other try has asked for is found before those that were, however many came later', async () => {
  const { makeTry, findTask, store } = setUp();
  const first = await makeTry('node');
  await Promise.all(Array.from({ length: many }, () => makeTry('node')));
  const later = (await store.findTries('key_a', 'h', start, many)).map(({ idempotencyKey }) =>
    store.claimTry({ keyId: 'key_a', idempotencyKey, claims: 0 }, { heldBy: 'node', at: start }),
  );
  expect(await Promise.all(later)).toEqual(Array.from({ length: many }, () => true));
  expect(await findTask('0')).toBe(first);
});

test('tries whose tasks failed are forgotten once one has looked at them, and those of tasks that go on are kept', async () => {
  const { makeTry, findTask, store, tries } = setUp();
  const [running, ...lost] = await Promise.all(Array.from({ length: 4 }, () => makeTry('node')));
  lost.push(await makeTry(null));
  await Promise.all(lost.map((id) => store.finishIfPending(id, failed(start))));
  expect(await findTask('0')).toBe(running);
  expect(await findTask()).toBeNull();
  await tries.stop();
  const left = await store.findTries('key_a', 'h', start, many);
  expect(left.map(({ answer }) => answer)).toEqual([JSON.stringify({ taskId: running })]);
});

test('a client that has gone has no tries looked at for it', async () => {
  const { makeTry, findTask, store } = setUp();
  await makeTry(null);
  const looked = vi.spyOn(store, 'findTries');
  const gone = new AbortController();
  gone.abort(new Error('gone'));
  await expect(findTask('600', gone)).rejects.toThrow('gone');
  expect(looked).not.toHaveBeenCalled();
});
