// A live list with a client whose answers are given and whose events the test sends.

import type { PlantainClient, TaskData, TaskListData } from '@plantain/client';
import { fixtureTask } from '../task.fixture.ts';
import type { ListState } from './list-state.ts';
import { type ListQuery, openLiveList } from './live-list.ts';

type Answer = TaskListData | Promise<TaskListData> | Error;

/** All tasks, with their prompts. */
export const all: ListQuery = { filter: {}, pageSize: 200, include: 'prompt' };
/** Tasks with pictures, as the gallery lists them. */
export const succeeded: ListQuery = { filter: { state: 'succeeded' }, pageSize: 60 };

const delays = { gather: 0, retry: 5 };
let abort = new AbortController();

/** Ends the list that was opened last. */
export function closeList(): void {
  abort.abort();
}

export function openList(
  answers: Answer[],
  {
    query = all,
    atTop = true,
    previous,
    prompts = {},
    held = Promise.resolve(),
  }: {
    query?: ListQuery;
    atTop?: boolean;
    previous?: ListState | undefined;
    /** By the ids of their tasks. */
    prompts?: Record<string, string>;
    /** Holds up answers with prompts. */
    held?: Promise<void>;
  } = {},
) {
  abort = new AbortController();
  const { client, ...fake } = fakeClient(answers, prompts, held);
  const states: ListState[] = [];
  const view = { atTop };
  const list = openLiveList(client, query, {
    signal: abort.signal,
    onChange: (state) => states.push(state),
    isAtTop: () => view.atTop,
    previous,
    delays,
  });
  return { list, view, state: () => states.at(-1), ...fake };
}

/** Answers each page in turn, whichever list asks; `asked` has the lists that were opened, `askedFor` the ids of tasks. */
function fakeClient(answers: Answer[], prompts: Record<string, string>, held: Promise<void>) {
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
        const next = new Promise<void>((resolve) => (wake = resolve));
        yield* sent.splice(0);
        await next;
      }
    },
  } as unknown as PlantainClient;
  return {
    client,
    asked,
    askedFor,
    connect: (isConnected: boolean) => connection(isConnected),
    send(task: TaskData) {
      sent.push(task);
      seen.set(task.task_id, task);
      wake();
    },
  };
}
