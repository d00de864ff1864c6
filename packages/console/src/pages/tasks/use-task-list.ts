import { useEffect, useRef, useState } from 'react';
import { useSession } from '../../session.tsx';
import type { Filter } from './filter.ts';
import { emptyList, openTaskList, type TaskList } from './task-list.ts';

/** The list of one filter; another filter is another list. `isAtTop`: whether new rows may be put in now. */
export function useTaskList(filter: Filter, isAtTop: () => boolean) {
  const { client } = useSession();
  const [state, setState] = useState(emptyList);
  const list = useRef<TaskList | null>(null);
  const atTop = useRef(isAtTop);
  atTop.current = isAtTop;
  useEffect(() => {
    const abort = new AbortController();
    setState(emptyList());
    const { signal } = abort;
    list.current = openTaskList(client, filter, {
      signal,
      onChange: setState,
      isAtTop: () => atTop.current(),
    });
    return () => abort.abort();
  }, [client, filter]);
  return { state, list };
}
