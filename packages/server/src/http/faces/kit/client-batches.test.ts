import { EventEmitter } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { databaseAway } from '../../../core/errors.ts';
import { createSubmit } from '../../../core/submit/submit.ts';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { failed, newTask, start } from '../../../store/conformance/store.fixture.ts';
import type { Store } from '../../../store/store.ts';
import { openTestStore } from '../../../store/test-store.fixture.ts';
import { temporaryDirectory } from '../../server.fixture.ts';
import { createEarlierTries } from '../../submit/earlier-tries.ts';
import { createClientBatches } from './client-batches.ts';

type Parts = Parameters<typeof createClientBatches>[0];
type Batches = ReturnType<typeof createClientBatches<string, { number: number }>>;
type Call = Parameters<Batches['submit']>[0];

const clock = { now: () => start };
const caller = { keyId: 'key_a' } as Call['caller'];

/** Batches in a store; the answer to its first insertion is lost, though that was committed, where `losesFirst`. */
function setUp(instead: Partial<Store> = {}, { losesFirst = true } = {}) {
  const store = openTestStore({ directory: temporaryDirectory(), changes: createLocalChanges() });
  onTestFinished(() => store.close());
  const tries = createEarlierTries({
    store,
    nodes: { id: 'node', list: async () => [] },
    clock,
    startTimer: () => () => {},
  });
  let isLost = !losesFirst;
  const submit = createSubmit({
    prepare: async (_, submissions, { batchId }) =>
      submissions.map(() => newTask(batchId === undefined ? {} : { batchId })),
    store: {
      findAnswer: store.findAnswer,
      async insert(...asked) {
        const inserted = await store.insert(...asked);
        if (isLost) return inserted;
        isLost = true;
        throw databaseAway();
      },
    },
    gate: { defaults: {} } as Parameters<typeof createSubmit>[0]['gate'],
    clock,
    emit() {},
    answerRetentionMs: 60_000,
  });
  const bodies = {
    use: async (_: unknown, __: unknown, work: (body: object) => unknown) =>
      work({ fields: {}, files: [], requestHash: 'h' }),
  };
  const parts = {
    store: { ...store, ...instead },
    tries,
    submit,
    bodies,
    clock,
    actingKey: async () => 'key_a',
    limits: {},
  };
  const batches: Batches = createClientBatches(parts as unknown as Parts, 'face');
  /** Sends a try; its connection closes when it is over, whether the answer was sent whole or not. */
  const send = async (number: number, { isGiven = false } = {}) => {
    const raw = Object.assign(new EventEmitter(), {
      destroyed: false,
      statusCode: 200,
      writableFinished: isGiven,
    });
    const request = {
      headers: { 'x-stainless-retry-count': String(number) },
      url: '/batches',
      query: {},
      raw,
    };
    const call = { caller, request, reply: { raw, header: () => {} }, count: () => {} };
    const read = async () => ({
      submissions: [{}, {}] as never,
      lines: [{ number: 1 }, { number: 2 }],
      said: 'said',
      expiresAt: start + 60_000,
      warnings: [],
    });
    return await batches.submit(call as unknown as Call, read).finally(() => raw.emit('close'));
  };
  return { store, batches, send };
}

/** The only batch that there is, with its lines. */
async function onlyBatch(batches: Batches) {
  const listed = await batches.list(caller, { limit: 9 });
  expect(listed).toHaveLength(1);
  const [batch] = listed;
  return { batch: batch!, lines: await batches.lines(batch!) };
}

test('a batch whose commit was not heard of is found by the retry, with its tasks, and there is no other', async () => {
  const { batches, send } = setUp();
  await expect(send(0)).rejects.toThrow(/database/);
  const { batchId } = await send(1);
  const { batch, lines } = await onlyBatch(batches);
  expect(batch).toMatchObject({ id: batchId, said: 'said', total: 2, phase: 'in_progress' });
  expect(batch.counts.total).toBe(2);
  expect(lines).toMatchObject([
    { number: 1, task: expect.any(String) },
    { number: 2, task: expect.any(String) },
  ]);
});

test('a retry stores the record of a batch that has tasks and none', async () => {
  const { store, batches, send } = setUp();
  await expect(send(0)).rejects.toThrow(/database/);
  const { batch: made } = await onlyBatch(batches);
  await store.deleteClientBatch(made.id, 'key_a');
  expect(await send(1)).toMatchObject({ batchId: made.id });
  const { batch, lines } = await onlyBatch(batches);
  expect(batch).toMatchObject({ id: made.id, said: 'said', phase: 'in_progress' });
  expect(lines.map(({ task }) => task).every((task) => task !== '')).toBe(true);
});

test('a retry finds its batch though the first task of it is gone, and makes another once all are', async () => {
  const { store, batches, send } = setUp();
  await expect(send(0)).rejects.toThrow(/database/);
  const { batch, lines } = await onlyBatch(batches);
  const [first = '', second = ''] = lines.map(({ task }) => task);
  const remove = async (id: string) => {
    await store.finishIfPending(id, failed(start));
    expect(await store.deleteIfFinal(id, 'key_a', start)).not.toBeNull();
  };
  await remove(first);
  expect((await send(1)).batchId).toBe(batch.id);
  await remove(second);
  expect((await send(2)).batchId).not.toBe(batch.id);
});

test('a batch whose commit was not heard of never takes one task for another, though one is deleted', async () => {
  for (const isAskedFor of [true, false]) {
    const { store, batches, send } = setUp();
    await expect(send(0)).rejects.toThrow(/database/);
    const [batch] = await batches.list(caller, { limit: 9 });
    const [first, second] = await store.batch(batch!.id, 'key_a');
    if (isAskedFor) await batches.find(caller, batch!.id);
    await store.finishIfPending(first!.id, failed(start));
    await store.deleteIfFinal(first!.id, 'key_a', start);
    const [found] = await batches.list(caller, { limit: 9 });
    const tasks = (await batches.lines(found!)).map(({ task }) => task);
    expect(tasks).toEqual(isAskedFor ? [first!.id, second!.id] : [undefined, undefined]);
  }
});

test('what becomes of a batch while the ids of its tasks are stored is kept', async () => {
  let meanwhile = async () => {};
  const instead: Partial<Store> = {
    async findClientBatch(...asked) {
      const found = await stored.findClientBatch(...asked);
      const act = meanwhile;
      meanwhile = async () => {};
      await act();
      return found;
    },
  };
  const { store: stored, batches, send }: ReturnType<typeof setUp> = setUp(instead, { losesFirst: false });
  meanwhile = async () => {
    const [batch] = await batches.list(caller, { limit: 1 });
    await batches.change(batch!, () => 'changed');
  };
  await send(0);
  const { batch, lines } = await onlyBatch(batches);
  expect(batch).toMatchObject({ said: 'changed', isSubmitted: true });
  expect(lines).toMatchObject([{ task: expect.any(String) }, { task: expect.any(String) }]);
  meanwhile = async () => void (await stored.deleteClientBatch(batch.id, 'key_a'));
  await batches.change(batch, () => 'too late');
  expect(await batches.list(caller, { limit: 9 })).toEqual([]);
});

test('others have their turns while the tasks of many batches are counted', async () => {
  let turns = 0;
  const seen: number[] = [];
  const turn = () => {
    turns += 1;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  onTestFinished(() => clearImmediate(next));
  const { store, batches } = setUp({
    async countBatch() {
      const until = performance.now() + 6;
      while (performance.now() < until);
      seen.push(turns);
      return { total: 1, succeeded: 1, failed: 0, cancelled: 0, late: 0, finishedAt: start };
    },
  });
  const record = JSON.stringify({ said: '', total: 1, isSubmitted: true });
  const stored = { keyId: 'key_a', face: 'face', createdAt: start, expiresAt: start + 1, record };
  for (const id of ['a', 'b', 'c']) await store.saveClientBatch({ id, ...stored }, '[]');
  expect((await batches.list(caller, { limit: 9 })).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  expect(new Set(seen).size).toBe(3);
});

test('a retry gets the batch whose answer was lost, and none whose answer was given', async () => {
  const { send } = setUp({}, { losesFirst: false });
  const lost = await send(0);
  const given = await send(0, { isGiven: true });
  expect(given.batchId).not.toBe(lost.batchId);
  expect((await send(1, { isGiven: true })).batchId).toBe(lost.batchId);
  expect([lost.batchId, given.batchId]).not.toContain((await send(1)).batchId);
});
