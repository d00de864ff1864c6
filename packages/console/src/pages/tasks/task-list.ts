// The key's tasks as a list that grows at both ends: older ones page by page as they are wanted, new ones and changes by events. Who
// has scrolled down gets no row pushed in above: what is new waits until it is asked for.

import type { PlantainClient, TaskData, TaskListData } from '@plantain/client';
import { isAway, isTemporary } from '../../away.ts';
import { isFinal } from '../../live-tasks.ts';
import { type Filter, matches } from './filter.ts';
import {
  emptyList,
  removeTask,
  settleNews,
  takeNews,
  takePage,
  type TaskListState,
} from './task-list-state.ts';

const pageSize = 200;
const retryMs = 2_000;
/** Events of this long are shown at once. */
const gatherMs = 150;
/** Tasks on their way that are asked for after a time without a connection. */
const maxOpen = 1_000;
/** Pages of new tasks after such a time; where there are more, the list begins anew. */
const maxMissed = 5;

export interface TaskList {
  /** Loads the next page; without effect while one is under way and when there is no more. */
  more(): Promise<void>;
  /** Puts what waits into its place, and takes out what does not belong to the filter any more. */
  settle(): void;
  /** Takes what is known of a task from elsewhere. */
  put(task: TaskData): void;
  /** Takes out a task that was deleted. */
  remove(id: string): void;
}

interface View {
  signal: AbortSignal;
  onChange: (state: TaskListState) => void;
  isAtTop: () => boolean;
  /** What a list of the same filter held when it was left: this one goes on with it. */
  kept?: TaskListState | undefined;
}

/** Listens and loads until `signal` aborts; goes on by itself when the server was away. */
export function openTaskList(
  client: Pick<PlantainClient, 'list' | 'events' | 'getMany'>,
  filter: Filter,
  { signal, onChange, isAtTop, kept }: View,
): TaskList {
  const goesOn = kept !== undefined && kept.ids.length > 0;
  let state = goesOn ? { ...kept, isLoading: false, error: null } : emptyList();
  let busy = false;
  let pages: AsyncIterator<TaskListData, unknown> | null = null;
  const arrived: TaskData[] = [];
  let gathering = false;
  /** Never rejects. */
  let introduced = Promise.resolve();

  function update(next: TaskListState): void {
    state = next;
    if (!signal.aborted) onChange(state);
  }

  function openPages(limits: { created_before?: number } = {}): AsyncIterator<TaskListData, unknown> {
    const list = client.list({ ...filter, include: 'prompt', limit: pageSize, ...limits }, { signal });
    return list.pages()[Symbol.asyncIterator]();
  }

  /** True when there is something to show, or nothing more to come: a page that filters may be empty. */
  async function nextPage(): Promise<boolean> {
    // A list that broke off begins anew with the second of the last task that is known.
    const oldest = state.tasks.get(state.ids.at(-1) ?? '')?.create_time;
    const opened = (pages ??= openPages(oldest === undefined ? {} : { created_before: Number(oldest) + 1 }));
    const page = await nextOf(opened);
    // The list began anew meanwhile: this page is none of its own.
    if (pages !== opened) return false;
    const before = state.ids.length;
    update(takePage(state, page));
    return state.ids.length > before || state.isComplete;
  }

  async function more(): Promise<void> {
    if (busy || state.isComplete) return;
    busy = true;
    update({ ...state, isLoading: true });
    try {
      while (!(await nextPage()));
    } catch (error) {
      pages = null;
      update({ ...state, error });
      if (isTemporary(error))
        setTimeout(() => {
          if (!signal.aborted) void more();
        }, retryMs);
    } finally {
      busy = false;
      update({ ...state, isLoading: false });
    }
  }

  function settle(): void {
    update(settleNews(state, filter));
  }

  function take(tasks: readonly TaskData[]): void {
    arrived.push(...tasks);
    if (gathering) return;
    gathering = true;
    setTimeout(show, gatherMs);
  }

  /** Rows at once; new tasks with their prompts, which events do not tell and a search looks for, in the order in which they came. */
  function show(): void {
    gathering = false;
    const news = arrived.splice(0);
    const strangers = news.filter((task) => !state.tasks.has(task.task_id) && matches(filter, task, true));
    if (strangers.length > 0)
      introduced = introduced.then(async () => takeIn([...strangers, ...(await withPrompts(strangers))]));
    takeIn(news.filter((task) => state.tasks.has(task.task_id)));
  }

  function takeIn(news: readonly TaskData[]): void {
    const next = takeNews(state, filter, news);
    update(isAtTop() ? settleNews(next, filter) : next);
  }

  /** None, where they can't be had: the tasks are shown without. */
  async function withPrompts(strangers: readonly TaskData[]): Promise<readonly TaskData[]> {
    const ids = strangers.filter(({ prompt }) => prompt === undefined).map(({ task_id: id }) => id);
    if (ids.length === 0) return [];
    return await client.getMany(ids, { signal, include: 'prompt' }).then(
      ({ tasks }) => tasks,
      () => [],
    );
  }

  /** What changed before there was a connection. */
  async function catchUp(): Promise<void> {
    const open = [...state.tasks.values()].filter((task) => !isFinal(task)).slice(0, maxOpen);
    const missed = await newerThan([...state.ids, ...state.fresh].reduce((a, b) => (a > b ? a : b), ''));
    if (missed === null) {
      pages = null;
      update(emptyList());
      await more();
      return;
    }
    take(missed);
    if (open.length === 0) return;
    const ids = open.map(({ task_id: id }) => id);
    const { tasks, unknown } = await client.getMany(ids, { signal });
    for (const id of unknown) update(removeTask(state, id));
    take(tasks);
  }

  /** At least a page; `null` where there are too many. */
  async function newerThan(newest: string): Promise<TaskData[] | null> {
    const newer = openPages();
    const found: TaskData[] = [];
    for (let page = 0; page < maxMissed; page += 1) {
      const { tasks, next_cursor: next } = await nextOf(newer);
      found.push(...tasks);
      if (newest === '' || next === null || tasks.some(({ task_id: id }) => id <= newest)) return found;
    }
    return null;
  }

  function connect(isConnected: boolean): void {
    update({ ...state, isConnected });
    if (isConnected)
      catchUp().catch((error: unknown) => {
        // The next connection asks again.
        if (!isAway(error)) update({ ...state, error });
      });
  }

  async function listen(): Promise<void> {
    for await (const task of client.events({ signal, onConnection: connect })) take([task]);
  }

  if (!goesOn) void more();
  listen().catch((error: unknown) => update({ ...state, error }));
  return {
    more,
    settle,
    put: (task) => take([task]),
    remove: (id) => update(removeTask(state, id)),
  };
}

async function nextOf(pages: AsyncIterator<TaskListData, unknown>): Promise<TaskListData> {
  const result = await pages.next();
  return result.done === true ? { tasks: [], next_cursor: null } : result.value;
}
