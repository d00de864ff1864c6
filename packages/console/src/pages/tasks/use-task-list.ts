// The list of a filter, and the one that was left last: who comes back from a task finds it as it was, at the place where it was.

import type { PlantainClient } from '@plantain/client';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useSession } from '../../session.tsx';
import { onForget } from '../../stored.ts';
import type { Filter } from './filter.ts';
import { openTaskList, type TaskList } from './task-list.ts';
import { emptyList, removeTask, type TaskListState } from './task-list-state.ts';
import { useLatest } from '../../use-latest.ts';

interface KeptList {
  client: PlantainClient;
  /** The query of its address. */
  name: string;
  state: TaskListState;
  scrollY: number;
}

let left: KeptList | null = null;
onForget(() => (left = null));

/** Takes a task that was deleted out of the list that was left. */
export function forgetTask(id: string): void {
  if (left !== null) left = { ...left, state: removeTask(left.state, id) };
}

/** The way back to it. */
export function listPath(): string {
  return left === null || left.name === '' ? '/tasks' : `/tasks?${left.name}`;
}

/** Another filter is another list; `name` is what the address says of it. `isAtTop`: whether new rows may be put in now. */
export function useTaskList(filter: Filter, isAtTop: () => boolean, name: string) {
  const { client } = useSession();
  const [state, setState] = useState(() => keptList(client, name)?.state ?? emptyList());
  const list = useRef<TaskList | null>(null);
  const latest = useLatest({ state, isAtTop });

  useEffect(() => {
    const abort = new AbortController();
    const kept = keptList(client, name)?.state;
    setState(kept ?? emptyList());
    list.current = openTaskList(client, filter, {
      signal: abort.signal,
      onChange: setState,
      isAtTop: () => latest.current.isAtTop(),
      kept,
    });
    return () => abort.abort();
  }, [client, filter, name]);

  useKeptScroll(client, name, () => latest.current.state);
  return { state, list };
}

function keptList(client: PlantainClient, name: string): KeptList | null {
  return left?.client === client && left.name === name ? left : null;
}

/** Before the first drawing, lest one sees the top of the list for a moment. */
function useKeptScroll(client: PlantainClient, name: string, stateNow: () => TaskListState): void {
  const last = useRef(0);
  const stateOf = useLatest(stateNow);
  useLayoutEffect(() => {
    const kept = keptList(client, name);
    if (kept !== null) scrollTo(0, kept.scrollY);
    last.current = kept?.scrollY ?? 0;
    // Not asked for at the end: by then another page has scrolled to its own top.
    const note = () => (last.current = scrollY);
    addEventListener('scroll', note, { passive: true });
    return () => {
      removeEventListener('scroll', note);
      const state = stateOf.current();
      left = { client, name, state, scrollY: last.current };
    };
  }, [client, name]);
}
