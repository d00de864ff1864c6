// The content of a live list, and how pages and events change it. The map `tasks` is written into: everything else is made anew.

import type { TaskData, TaskListData } from '@plantain/client';
import { type Filter, matches } from './filter.ts';
import { mergeTasks } from './live-tasks.ts';

export interface ListState {
  /** Ids of the rows, newest first. They are UUIDv7: their order is that of the submits. */
  ids: readonly string[];
  /** One map for as long as the list is open: to copy it for every change took 20 ms of 100,000 tasks. */
  tasks: Map<string, TaskData>;
  /** Ids that wait to be shown. */
  fresh: readonly string[];
  isLoading: boolean;
  /** Whether the oldest is there. */
  isComplete: boolean;
  isConnected: boolean;
  /** Failure of the last call; `null` where it worked. */
  error: unknown;
}

export function emptyList(): ListState {
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

export function addPage(state: ListState, { tasks, next_cursor: next }: TaskListData): ListState {
  const added = storeTasks(state, tasks);
  const ids = [...state.ids, ...added];
  // Usually all of it is older than what is there.
  const isInOrder = (state.ids.at(-1) ?? '') > (added[0] ?? '');
  return { ...state, ids: isInOrder ? ids : newestFirst(ids), isComplete: next === null, error: null };
}

/** Changes known tasks where they stand; new ones that match the filter wait in `fresh`. */
export function addEvents(state: ListState, filter: Filter, received: readonly TaskData[]): ListState {
  const last = state.isComplete ? undefined : state.ids.at(-1);
  const wanted = received.filter(
    (task) =>
      state.tasks.has(task.task_id) ||
      // An older one comes with its page.
      (matches(filter, task) && (last === undefined || task.task_id > last)),
  );
  return { ...state, fresh: [...state.fresh, ...storeTasks(state, wanted)] };
}

/**
 * Moves fresh tasks into the rows, and takes out what does not match the filter any more. Of 100,000 rows to look at each and to sort
 * them took a third of a second: only its state can take a task out, and fresh ones are nearly always newer than all rows.
 */
export function settleFresh(state: ListState, filter: Filter): ListState {
  const fresh = newestFirst(state.fresh);
  const ids = [...fresh, ...state.ids];
  const isInOrder = (fresh.at(-1) ?? '~') > (state.ids[0] ?? '');
  const ordered = isInOrder ? ids : newestFirst(ids);
  if (filter.state === undefined) return { ...state, ids: ordered, fresh: [] };
  const matching = ordered.filter((id) => {
    const task = state.tasks.get(id);
    if (task !== undefined && matches(filter, task, true)) return true;
    // Forgotten, so that it is new again when it comes back.
    state.tasks.delete(id);
    return false;
  });
  return { ...state, ids: matching, fresh: [] };
}

export function removeTask(state: ListState, removed: string): ListState {
  const others = (ids: readonly string[]) => ids.filter((id) => id !== removed);
  state.tasks.delete(removed);
  return { ...state, ids: others(state.ids), fresh: others(state.fresh) };
}

/** Gives the ids that were not known. */
function storeTasks({ tasks }: ListState, received: readonly TaskData[]): string[] {
  const added: string[] = [];
  for (const task of received) {
    const { task_id: id } = task;
    const known = tasks.get(id);
    if (known === undefined) added.push(id);
    const latest = mergeTasks(new Map(known === undefined ? [] : [[id, known]]), [task]).get(id) ?? task;
    // Events come without it.
    const prompt = task.prompt ?? known?.prompt;
    tasks.set(id, prompt === latest.prompt || prompt === undefined ? latest : { ...latest, prompt });
  }
  return added;
}

function newestFirst(ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0));
}
