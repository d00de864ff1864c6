// What a list of tasks holds, and what pages, events and its person make of it. `tasks` is written into: everything else is made anew.

import type { TaskData, TaskListData } from '@plantain/client';
import { mergeTasks } from '../../live-tasks.ts';
import { type Filter, matches } from './filter.ts';

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

export function takePage(state: TaskListState, { tasks, next_cursor: next }: TaskListData): TaskListState {
  const added = takeTasks(state, tasks);
  const ids = [...state.ids, ...added];
  // Usually all of it is older than what is there.
  const isInOrder = (state.ids.at(-1) ?? '') > (added[0] ?? '');
  return { ...state, ids: isInOrder ? ids : newestFirst(ids), isComplete: next === null, error: null };
}

export function takeNews(state: TaskListState, filter: Filter, arrived: readonly TaskData[]): TaskListState {
  const last = state.isComplete ? undefined : state.ids.at(-1);
  const wanted = arrived.filter(
    (task) =>
      state.tasks.has(task.task_id) ||
      // An older one comes with its page.
      (matches(filter, task) && (last === undefined || task.task_id > last)),
  );
  return { ...state, fresh: [...state.fresh, ...takeTasks(state, wanted)] };
}

/**
 * Puts what waits into its place, and takes out what does not belong to the filter any more. Of 100,000 rows to look at each and to sort
 * them took a third of a second: only its state can take a task out, and what waits is nearly always newer than all rows.
 */
export function settleNews(state: TaskListState, filter: Filter): TaskListState {
  const fresh = newestFirst(state.fresh);
  const ids = [...fresh, ...state.ids];
  const isInOrder = (fresh.at(-1) ?? '~') > (state.ids[0] ?? '');
  const ordered = isInOrder ? ids : newestFirst(ids);
  if (filter.state === undefined) return { ...state, ids: ordered, fresh: [] };
  const belonging = ordered.filter((id) => {
    const task = state.tasks.get(id);
    if (task !== undefined && matches(filter, task, true)) return true;
    // Forgotten, so that it is new again when it comes back.
    state.tasks.delete(id);
    return false;
  });
  return { ...state, ids: belonging, fresh: [] };
}

export function removeTask(state: TaskListState, removed: string): TaskListState {
  const others = (ids: readonly string[]) => ids.filter((id) => id !== removed);
  state.tasks.delete(removed);
  return { ...state, ids: others(state.ids), fresh: others(state.fresh) };
}

/** Gives the ids that were not known. */
function takeTasks({ tasks }: TaskListState, arrived: readonly TaskData[]): string[] {
  const added: string[] = [];
  for (const task of arrived) {
    const { task_id: id } = task;
    const known = tasks.get(id);
    if (known === undefined) added.push(id);
    const latest = mergeTasks(new Map(known === undefined ? [] : [[id, known]]), [task]).get(id) ?? task;
    // Events do not tell it.
    const prompt = task.prompt ?? known?.prompt;
    tasks.set(id, prompt === latest.prompt || prompt === undefined ? latest : { ...latest, prompt });
  }
  return added;
}

function newestFirst(ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0));
}
