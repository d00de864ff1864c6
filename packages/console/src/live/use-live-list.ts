import { useEffect, useRef, useState } from 'react';
import { useSession } from '../session.tsx';
import { useLatest } from '../use-latest.ts';
import { emptyList, type ListState } from './list-state.ts';
import { type LiveList, type ListQuery, openLiveList } from './live-list.ts';

interface Options {
  /** False while new rows have to wait; left out, they never do. */
  isAtTop?: () => boolean;
  /** State of the list when the page was left, where it is known. */
  previous?: () => ListState | undefined;
}

/** Opens the list of a query for as long as the page shows it; another object is another list. */
export function useLiveList(query: ListQuery, options: Options = {}) {
  const { client } = useSession();
  const [state, setState] = useState(() => options.previous?.() ?? emptyList());
  const list = useRef<LiveList | null>(null);
  const latest = useLatest(options);

  useEffect(() => {
    const abort = new AbortController();
    const previous = latest.current.previous?.();
    setState(previous ?? emptyList());
    list.current = openLiveList(client, query, {
      signal: abort.signal,
      onChange: setState,
      isAtTop: () => latest.current.isAtTop?.() ?? true,
      previous,
    });
    return () => abort.abort();
  }, [client, query, latest]);

  return { state, list };
}
