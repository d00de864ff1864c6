// The list of a filter. The one that was left last is stored: whoever comes back from a task finds it as it was, at the same position.

import type { PlantainClient } from '@plantain/client';
import { useLayoutEffect, useMemo, useRef } from 'react';
import type { Filter } from '../../live/filter.ts';
import { type ListState, removeTask } from '../../live/list-state.ts';
import { useLiveList } from '../../live/use-live-list.ts';
import { useSession } from '../../session.tsx';
import { onForget } from '../../stored.ts';
import { useLatest } from '../../use-latest.ts';

const pageSize = 200;

interface LeftList {
  client: PlantainClient;
  /** The query of its address. */
  name: string;
  state: ListState;
  scrollY: number;
}

let left: LeftList | null = null;
onForget(() => (left = null));

/** Removes a deleted task from the list that was left. */
export function forgetTask(id: string): void {
  if (left !== null) left = { ...left, state: removeTask(left.state, id) };
}

/** Address of the list that was left last. */
export function listPath(): string {
  return left === null || left.name === '' ? '/tasks' : `/tasks?${left.name}`;
}

/** The list of a filter; `name` is the query of its address. `isAtTop` is false while new rows have to wait. */
export function useTaskList(filter: Filter, isAtTop: () => boolean, name: string) {
  const { client } = useSession();
  const query = useMemo(() => ({ filter, pageSize, include: 'prompt' as const }), [filter]);
  const previous = () => leftList(client, name)?.state;
  const { state, list } = useLiveList(query, { isAtTop, previous });
  useScrollPosition(client, name, state);
  return { state, list };
}

function leftList(client: PlantainClient, name: string): LeftList | null {
  return left?.client === client && left.name === name ? left : null;
}

/** Scrolls to where the list was left, and stores list and position when it is left again. */
function useScrollPosition(client: PlantainClient, name: string, state: ListState): void {
  const last = useRef(0);
  const latest = useLatest(state);
  // Before the first drawing, lest one sees the top of the list for a moment.
  useLayoutEffect(() => {
    const previous = leftList(client, name);
    if (previous !== null) scrollTo(0, previous.scrollY);
    last.current = previous?.scrollY ?? 0;
    // Not asked for at the end: by then another page has scrolled to its own top.
    const note = () => (last.current = scrollY);
    addEventListener('scroll', note, { passive: true });
    return () => {
      removeEventListener('scroll', note);
      left = { client, name, state: latest.current, scrollY: last.current };
    };
  }, [client, name, latest]);
}
