import { ConnectionError, type TaskListData } from '@plantain/client';
import { afterEach, expect, test } from 'vitest';
import { fixtureId, fixtureTask } from '../task.fixture.ts';
import { all, closeList, openList as open, succeeded } from './live-list.fixture.ts';

afterEach(closeList);
const patience = { timeout: 20_000, interval: 5 };
const ids = (...numbers: number[]) => numbers.map(fixtureId);
const page = (numbers: number[], next: string | null): TaskListData => ({
  tasks: numbers.map((number) => fixtureTask(number)),
  next_cursor: next,
});

test('pages come one at a time, and an empty one is not the end', async () => {
  const { list, asked, state } = open([page([4, 3], 'x'), page([], 'y'), page([2], null)]);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(4, 3), isComplete: false });
  await list.more();
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(4, 3, 2), isComplete: true });
  await list.more();
  expect(asked).toHaveLength(1);
});

test('a list that broke off goes on by itself behind the last task that it has', async () => {
  const { list, asked, state } = open([page([4, 3], 'x'), new ConnectionError('away'), page([3, 2], null)]);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(4, 3) });
  await list.more();
  await expect
    .poll(state, patience)
    .toMatchObject({ isLoading: false, ids: ids(4, 3, 2), isComplete: true, error: null });
  expect(asked).toEqual([
    { include: 'prompt', limit: 200 },
    { include: 'prompt', limit: 200, created_before: Number(fixtureTask(3).create_time) + 1 },
  ]);
});

test('a list that broke off within a second of many tasks leaves none of them out, nor shows one twice', async () => {
  const made = (number: number, create_time: string) =>
    fixtureTask(number, { state: 'succeeded', create_time, update_time: create_time });
  const away = new ConnectionError('The server is away.');
  const last = { tasks: [made(4, '40'), made(3, '40'), made(2, '30')], next_cursor: null };
  const { list, asked, state } = open([{ tasks: [made(4, '40')], next_cursor: 'x' }, away, last], {
    query: succeeded,
  });
  await expect.poll(state, patience).toMatchObject({ isLoading: false, isComplete: false });
  await list.more();
  await expect.poll(state, patience).toMatchObject({ isLoading: false, isComplete: true, error: null });
  expect(state()?.ids).toEqual(ids(4, 3, 2));
  expect(asked).toEqual([
    { state: 'succeeded', limit: 60 },
    { state: 'succeeded', limit: 60, created_before: 41 },
  ]);
});

test('a refusal is shown, and the page can be asked for again', async () => {
  const { list, state } = open([new Error('no'), page([1], null)], { query: succeeded });
  await expect.poll(state, patience).toMatchObject({ isLoading: false, error: new Error('no') });
  await list.more();
  await expect.poll(state, patience).toMatchObject({ isLoading: false, isComplete: true, error: null });
});

test('tasks that succeed meanwhile join a list of those, each once, the newest first', async () => {
  const ended = (number: number) => fixtureTask(number, { state: 'succeeded' });
  const { send, state } = open([{ tasks: [ended(3), ended(1)], next_cursor: null }], { query: succeeded });
  await expect.poll(state, patience).toMatchObject({ isLoading: false, isComplete: true });
  send(ended(2));
  send(ended(1));
  send(ended(4));
  send(fixtureTask(5, { state: 'running' }));
  await expect.poll(() => state()?.ids, patience).toEqual(ids(4, 3, 2, 1));
});

test('at the top a new task is shown at once; below it waits until it is asked for', async () => {
  const { list, view, send, state } = open([page([2, 1], null)]);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(2, 1) });
  send(fixtureTask(3));
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(3, 2, 1), fresh: [] });
  view.atTop = false;
  send(fixtureTask(4));
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(3, 2, 1), fresh: ids(4) });
  list.settle();
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(4, 3, 2, 1), fresh: [] });
});

test('below the top a row keeps its place when it changes, and leaves the filter only later', async () => {
  const { list, send, state } = open([page([2, 1], null)], {
    query: { ...all, filter: { state: 'pending' } },
    atTop: false,
  });
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(2, 1) });
  const running = fixtureTask(2, { state: 'running' });
  send(running);
  await expect.poll(state, patience).toMatchObject({
    isLoading: false,
    ids: ids(2, 1),
    tasks: new Map([
      [running.task_id, running],
      [fixtureId(1), fixtureTask(1)],
    ]),
  });
  list.settle();
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(1) });
  send(fixtureTask(2, { update_time: '1799999999' }));
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(1), fresh: ids(2) });
});

test('what came late does not undo an end, also when both are shown at once', async () => {
  const { send, state } = open([page([1], null)]);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(1) });
  const ended = fixtureTask(1, { state: 'succeeded', update_time: '1799999999' });
  send(ended);
  send(fixtureTask(1, { state: 'running' }));
  send(fixtureTask(2));
  await expect.poll(state, patience).toMatchObject({ ids: ids(2, 1) });
  expect(state()?.tasks.get(fixtureId(1))).toEqual(ended);
});

test('an event of a task whose page is not there yet is left to the page', async () => {
  const { list, send, state } = open([page([9, 8], 'x'), page([2], null)]);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(9, 8) });
  send(fixtureTask(2, { state: 'running' }));
  send(fixtureTask(10));
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(10, 9, 8) });
  await list.more();
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(10, 9, 8, 2) });
});

test('after a time without a connection the newest and the open tasks are asked for', async () => {
  const { connect, askedFor, state } = open([page([2, 1], null), page([3, 2], null)]);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(2, 1) });
  connect(false);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, isConnected: false });
  connect(true);
  await expect
    .poll(state, patience)
    .toMatchObject({ isLoading: false, ids: ids(3, 2, 1), isConnected: true });
  expect(askedFor).toEqual([ids(2, 1)]);
});

test('a new task comes with its prompt, which a change of it does not take away', async () => {
  const prompts = { [fixtureId(3)]: 'a banana' };
  const { send, state } = open([page([2, 1], null)], { prompts });
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(2, 1) });
  send(fixtureTask(3));
  await expect.poll(state, patience).toMatchObject({ ids: ids(3, 2, 1) });
  expect(state()?.tasks.get(fixtureId(3))?.prompt).toBe('a banana');
  send(fixtureTask(3, { state: 'succeeded' }));
  await expect.poll(() => state()?.tasks.get(fixtureId(3))?.state, patience).toBe('succeeded');
  expect(state()?.tasks.get(fixtureId(3))?.prompt).toBe('a banana');
});

test('a search is held against the prompts of new tasks', async () => {
  const prompts = { [fixtureId(3)]: 'a kiwi', [fixtureId(4)]: 'a Banana' };
  const { send, state } = open([page([2], null)], {
    query: { ...all, filter: { search: 'banana' } },
    prompts,
  });
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(2) });
  send(fixtureTask(3));
  send(fixtureTask(4));
  await expect.poll(state, patience).toMatchObject({ ids: ids(4, 2) });
});

test('a task that was deleted leaves the list', async () => {
  const { list, state } = open([page([3, 2, 1], null)]);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(3, 2, 1) });
  list.remove(fixtureId(2));
  expect(state()?.ids).toEqual(ids(3, 1));
});

test('a list that was left goes on where it was, and learns what it missed', async () => {
  const first = open([page([3, 2], 'x')]);
  await expect.poll(first.state, patience).toMatchObject({ isLoading: false, ids: ids(3, 2) });
  const { list, connect, asked, state } = open([page([5, 4, 3], 'y'), page([1], null)], {
    previous: first.state(),
  });
  expect(asked).toEqual([]);
  connect(true);
  await expect.poll(state, patience).toMatchObject({ ids: ids(5, 4, 3, 2) });
  await list.more();
  expect(state()).toMatchObject({ ids: ids(5, 4, 3, 2, 1), isComplete: true });
});

test('a list that missed too much begins anew', async () => {
  const first = open([page([3, 2], 'x')]);
  await expect.poll(first.state, patience).toMatchObject({ isLoading: false, ids: ids(3, 2) });
  const missed = [99, 98, 97, 96, 95].map((number) => page([number], 'more'));
  const { connect, state } = open([...missed, page([99, 98], 'z')], { previous: first.state() });
  connect(true);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(99, 98) });
});

test('a change of a row is shown while the prompt of a new task is still on its way, and the new task in its order', async () => {
  const { promise: held, resolve: answer } = Promise.withResolvers<void>();
  const { send, state } = open([page([1], null)], { prompts: { [fixtureId(2)]: 'a kiwi' }, held });
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(1) });
  send(fixtureTask(2));
  send(fixtureTask(1, { state: 'running' }));
  await expect.poll(() => state()?.tasks.get(fixtureId(1))?.state, patience).toBe('running');
  send(fixtureTask(2, { state: 'running' }));
  expect(state()?.ids).toEqual(ids(1));
  answer();
  await expect.poll(state, patience).toMatchObject({ ids: ids(2, 1) });
  await expect
    .poll(() => state()?.tasks.get(fixtureId(2)), patience)
    .toMatchObject({
      state: 'running',
      prompt: 'a kiwi',
    });
});

test('a page that was on its way when the list began anew is not taken for its first', async () => {
  const first = open([page([3, 2], 'x')]);
  await expect.poll(first.state, patience).toMatchObject({ isLoading: false, ids: ids(3, 2) });
  const { promise: late, resolve: come } = Promise.withResolvers<TaskListData>();
  const missed = [99, 98, 97, 96, 95].map((number) => page([number], 'more'));
  const { list, connect, state } = open([late, ...missed, page([99, 98], 'z')], { previous: first.state() });
  void list.more();
  connect(true);
  await expect.poll(state, patience).toMatchObject({ ids: [] });
  come(page([1], null));
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(99, 98), isComplete: false });
});

test('a page that fails after the list began anew does not stop it', async () => {
  const first = open([page([3, 2], 'x')]);
  await expect.poll(first.state, patience).toMatchObject({ isLoading: false, ids: ids(3, 2) });
  const { promise: late, reject: fail } = Promise.withResolvers<TaskListData>();
  const missed = [99, 98, 97, 96, 95].map((number) => page([number], 'more'));
  const { list, connect, state } = open([late, ...missed, page([99, 98], 'z')], { previous: first.state() });
  void list.more();
  connect(true);
  await expect.poll(state, patience).toMatchObject({ ids: [] });
  fail(new Error('no'));
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(99, 98), error: null });
});
