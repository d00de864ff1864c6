import { ConnectionError, type PlantainClient, type TaskData, type TaskListData } from '@plantain/client';
import { afterEach, expect, test, vi } from 'vitest';
import { type GalleryState, openGallery } from './gallery-pages.ts';

let abort = new AbortController();
afterEach(() => {
  abort.abort();
  abort = new AbortController();
  vi.useRealTimers();
});

const task = (task_id: string, create_time: string): TaskData => ({
  task_id,
  state: 'succeeded',
  data: { images: [], description: '' },
  create_time,
  update_time: create_time,
  msg: '',
  status: '3',
  action: 'generate',
  model: 'nano-banana',
  progress: 1,
  attempts: [],
});

type Answer = TaskListData | Error;

/** Answers each page in turn; `asked` are the filters of the lists that were opened. */
function fakeClient(answers: Answer[], events: TaskData[] = []) {
  const asked: unknown[] = [];
  async function* pages() {
    for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) {
      if (answer instanceof Error) throw answer;
      yield answer;
      if (answer.next_cursor === null) return;
    }
  }
  const client = {
    list(filter: unknown) {
      asked.push(filter);
      return { pages };
    },
    async *events() {
      yield* events;
    },
  } as unknown as PlantainClient;
  return { client, asked };
}

function open(answers: Answer[], events?: TaskData[]) {
  const { client, asked } = fakeClient(answers, events);
  const states: GalleryState[] = [];
  const more = openGallery(client, abort.signal, (state) => states.push(state));
  const expectSettled = (expected: Partial<GalleryState>) =>
    vi.waitFor(() => expect(states.at(-1)).toMatchObject({ isLoading: false, ...expected }), 20_000);
  const ids = () => states.at(-1)?.tasks.map(({ task_id }) => task_id);
  return { asked, more, expectSettled, ids };
}

test('pages come one at a time, and an empty one is not the end', async () => {
  const { asked, more, expectSettled, ids } = open([
    { tasks: [task('d', '40')], next_cursor: 'x' },
    { tasks: [], next_cursor: 'y' },
    { tasks: [task('c', '30')], next_cursor: null },
  ]);
  await expectSettled({ isComplete: false });
  expect(ids()).toEqual(['d']);
  await more();
  await expectSettled({ isComplete: true });
  expect(ids()).toEqual(['d', 'c']);
  await more();
  expect(asked).toHaveLength(1);
});

test('a list that broke off goes on where it was when the server is back', async () => {
  vi.useFakeTimers();
  const { asked, more, expectSettled, ids } = open([
    { tasks: [task('d', '40')], next_cursor: 'x' },
    new ConnectionError('The server is away.'),
    { tasks: [task('d', '40'), task('c', '40'), task('b', '30')], next_cursor: null },
  ]);
  await expectSettled({ isComplete: false });
  await more();
  await expectSettled({ error: expect.any(ConnectionError) });
  await vi.advanceTimersByTimeAsync(2_000);
  await expectSettled({ isComplete: true, error: null });
  expect(ids()).toEqual(['d', 'c', 'b']);
  expect(asked).toEqual([
    { state: 'succeeded', limit: 60 },
    { state: 'succeeded', limit: 60, created_before: 41 },
  ]);
});

test('a refusal is shown, and the page can be asked for again', async () => {
  const { more, expectSettled } = open([new Error('no'), { tasks: [task('a', '1')], next_cursor: null }]);
  await expectSettled({ error: new Error('no') });
  await more();
  await expectSettled({ isComplete: true, error: null });
});

test('what succeeds meanwhile stands in its place', async () => {
  const { expectSettled, ids } = open(
    [{ tasks: [task('b', '20'), task('a', '10')], next_cursor: null }],
    [task('c', '30'), { ...task('x', '31'), state: 'running' }],
  );
  await expectSettled({ isComplete: true });
  await vi.waitFor(() => expect(ids()).toEqual(['c', 'b', 'a']), 20_000);
});
