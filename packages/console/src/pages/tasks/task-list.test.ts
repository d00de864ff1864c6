import { ConnectionError, type PlantainClient, type TaskData, type TaskListData } from '@plantain/client';
import { afterEach, expect, test } from 'vitest';
import type { Filter } from './filter.ts';
import { openTaskList } from './task-list.ts';
import type { TaskListState } from './task-list-state.ts';
import { fixtureId, fixtureTask } from '../../task.fixture.ts';

let abort = new AbortController();
afterEach(() => abort.abort());
/** A server that was away is asked again after two seconds. */
const patience = { timeout: 5_000 };

/** Answers each page in turn, whichever list asks; events are sent by the test. */
function open(
  answers: (TaskListData | Promise<TaskListData> | Error)[],
  {
    filter = {},
    atTop = true,
    prompts = {},
    kept,
    held = Promise.resolve(),
  }: {
    filter?: Filter;
    atTop?: boolean;
    prompts?: Record<string, string>;
    /** What answers with prompts wait for. */
    held?: Promise<void>;
    kept?: TaskListState | undefined;
  } = {},
) {
  abort = new AbortController();
  const asked: unknown[] = [];
  const askedFor: string[][] = [];
  const sent: TaskData[] = [];
  const seen = new Map<string, TaskData>();
  let wake = () => {};
  let connection: (isConnected: boolean) => void = () => {};
  async function* pages() {
    for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) {
      if (answer instanceof Error) throw answer;
      yield await answer;
    }
  }
  const client = {
    list(given: unknown) {
      asked.push(given);
      return { pages };
    },
    async getMany(ids: string[], { include }: { include?: 'prompt' }) {
      if (include === undefined) {
        askedFor.push(ids);
        return { tasks: ids.map(() => fixtureTask(1, { state: 'succeeded' })), unknown: [] };
      }
      await held;
      const tasks: TaskData[] = [];
      for (const [task_id, prompt] of Object.entries(prompts))
        if (ids.includes(task_id)) tasks.push({ ...fixtureTask(0), ...seen.get(task_id), task_id, prompt });
      return { tasks, unknown: [] };
    },
    async *events({ onConnection }: { onConnection: typeof connection }) {
      connection = onConnection;
      for (;;) {
        const news = new Promise<void>((resolve) => (wake = resolve));
        yield* sent.splice(0);
        await news;
      }
    },
  } as unknown as PlantainClient;
  const states: TaskListState[] = [];
  const view = { atTop };
  const list = openTaskList(client, filter, {
    signal: abort.signal,
    onChange: (state) => states.push(state),
    isAtTop: () => view.atTop,
    kept,
  });
  const state = () => states.at(-1);
  return {
    list,
    view,
    asked,
    askedFor,
    state,
    send(task: TaskData) {
      sent.push(task);
      seen.set(task.task_id, task);
      wake();
    },
    connect: (isConnected: boolean) => connection(isConnected),
  };
}

const ids = (...numbers: number[]) => numbers.map(fixtureId);
const page = (numbers: number[], next: string | null): TaskListData => ({
  tasks: numbers.map((number) => fixtureTask(number)),
  next_cursor: next,
});

test('pages come one at a time, and an empty one is not the end', async () => {
  const { list, state } = open([page([4, 3], 'x'), page([], 'y'), page([2], null)]);
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(4, 3), isComplete: false });
  await list.more();
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(4, 3, 2), isComplete: true });
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
  const { list, send, state } = open([page([2, 1], null)], { filter: { state: 'pending' }, atTop: false });
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
  const { send, state } = open([page([2], null)], { filter: { search: 'banana' }, prompts });
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
    kept: first.state(),
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
  const { connect, state } = open([...missed, page([99, 98], 'z')], { kept: first.state() });
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
  const { list, connect, state } = open([late, ...missed, page([99, 98], 'z')], { kept: first.state() });
  void list.more();
  connect(true);
  await expect.poll(state, patience).toMatchObject({ ids: [] });
  come(page([1], null));
  await expect.poll(state, patience).toMatchObject({ isLoading: false, ids: ids(99, 98), isComplete: false });
});
