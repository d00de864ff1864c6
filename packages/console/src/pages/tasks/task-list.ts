// The key's tasks as a list that grows at both ends: older ones page by page as they are wanted, new ones and changes by events. Who
// has scrolled down gets no row pushed in above: what is new waits until it is asked for.

import {
  ConnectionError,
  type PlantainClient,
  type TaskData,
  type TaskListData,
  TimeoutError,
} from '@plantain/client';
import { isFinal, mergeTasks } from '../playground/live-tasks.ts';
import { type Filter, matches } from './filter.ts';

const pageSize = 200;
const retryMs = 2_000;
/** Events of this long are shown at once. */
const gatherMs = 150;
/** Tasks on their way that are asked for after a time without a connection. */
const mostOpen = 1_000;

export interface TaskListState {
  /** Of the rows, newest first. Ids are UUIDv7: their order is that of the submits. */
  ids: readonly string[];
  /** The same map for as long as the list is open: to copy it for every change took 20 ms of 100,000 tasks. */
  tasks: Map<string, TaskData>;
  /** Ids that wait to be shown. */
  fresh: readonly string[];
  isLoading: boolean;
  /** Whether the oldest is there. */
  isComplete: boolean;
  isConnected: boolean;
  /** Why the last call did not work. */
  error: unknown;
}

export function emptyList(): TaskListState {
  return {
    ids: [],
    tasks: new Map(),
    fresh: [],
    isLoading: true,
    isComplete: false,
    isConnected: true,
    error: null,
  };
}

export interface TaskList {
  /** Loads the next page; without effect while one is under way and when there is no more. */
  more(): Promise<void>;
  /** Puts what waits into its place, and takes out what does not belong to the filter any more. */
  settle(): void;
  /** Takes what is known of a task from elsewhere. */
  put(task: TaskData): void;
}

/** The functions from here write into `state.tasks`, and give another state for all the rest. */
function takePage(state: TaskListState, { tasks, next_cursor: next }: TaskListData): TaskListState {
  const added = takeTasks(state, tasks);
  const ids = [...state.ids, ...added];
  // Usually all of it is older than what is there.
  const isInOrder = (state.ids.at(-1) ?? '') > (added[0] ?? '');
  return { ...state, ids: isInOrder ? ids : newestFirst(ids), isComplete: next === null, error: null };
}

function takeNews(state: TaskListState, filter: Filter, arrived: readonly TaskData[]): TaskListState {
  const last = state.isComplete ? undefined : state.ids.at(-1);
  const wanted = arrived.filter(
    (task) =>
      state.tasks.has(task.task_id) ||
      // An older one comes with its page.
      (matches(filter, task) && (last === undefined || task.task_id > last)),
  );
  return { ...state, fresh: [...state.fresh, ...takeTasks(state, wanted)] };
}

function settleNews(state: TaskListState, filter: Filter): TaskListState {
  const ids = [...state.fresh, ...state.ids].filter((id) => {
    const task = state.tasks.get(id);
    if (task !== undefined && matches(filter, task)) return true;
    // Forgotten, so that it is new again when it comes back.
    state.tasks.delete(id);
    return false;
  });
  return { ...state, ids: newestFirst(ids), fresh: [] };
}

/** Gives the ids that were not known. */
function takeTasks({ tasks }: TaskListState, arrived: readonly TaskData[]): string[] {
  const added: string[] = [];
  for (const task of arrived) {
    const { task_id: id } = task;
    const known = tasks.get(id);
    if (known === undefined) added.push(id);
    const latest = mergeTasks(new Map(known === undefined ? [] : [[id, known]]), [task]).get(id);
    tasks.set(id, latest ?? task);
  }
  return added;
}

function newestFirst(ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0));
}

/** Listens and loads until `signal` aborts; goes on by itself when the server was away. */
export function openTaskList(
  client: Pick<PlantainClient, 'list' | 'events' | 'getMany'>,
  filter: Filter,
  {
    signal,
    onChange,
    isAtTop,
  }: { signal: AbortSignal; onChange: (state: TaskListState) => void; isAtTop: () => boolean },
): TaskList {
  let state = emptyList();
  let busy = false;
  let pages: AsyncIterator<TaskListData, unknown> | null = null;
  let oldest: string | undefined;
  const arrived: TaskData[] = [];
  let gathering = false;

  function update(next: TaskListState): void {
    state = next;
    if (!signal.aborted) onChange(state);
  }

  function openPages(limits: { created_before?: number } = {}): AsyncIterator<TaskListData, unknown> {
    const list = client.list({ ...filter, limit: pageSize, ...limits }, { signal });
    return list.pages()[Symbol.asyncIterator]();
  }

  /** True when there is something to show, or nothing more to come: a page that filters may be empty. */
  async function nextPage(): Promise<boolean> {
    // A list that broke off begins anew with the second of the last task that is known.
    pages ??= openPages(oldest === undefined ? {} : { created_before: Number(oldest) + 1 });
    const result = await pages.next();
    const page = result.done === true ? { tasks: [], next_cursor: null } : result.value;
    oldest = page.tasks.at(-1)?.create_time ?? oldest;
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
      if (isAway(error))
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
    setTimeout(() => {
      gathering = false;
      const news = takeNews(state, filter, arrived.splice(0));
      update(isAtTop() ? settleNews(news, filter) : news);
    }, gatherMs);
  }

  /** What changed before there was a connection. */
  async function catchUp(): Promise<void> {
    const open = [...state.tasks.values()].filter((task) => !isFinal(task)).slice(0, mostOpen);
    const first = await openPages().next();
    if (first.done !== true) take(first.value.tasks);
    if (open.length > 0)
      take(
        (
          await client.getMany(
            open.map(({ task_id: id }) => id),
            { signal },
          )
        ).tasks,
      );
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

  void more();
  listen().catch((error: unknown) => update({ ...state, error }));
  return { more, settle, put: (task) => take([task]) };
}

function isAway(error: unknown): boolean {
  return error instanceof ConnectionError || error instanceof TimeoutError;
}
