// Loads what a part of the page shows, keeps it while it is loaded again, and goes on by itself when the server was away.

import { useCallback, useEffect, useRef, useState } from 'react';
import { isTemporary } from './away.ts';

export interface Loaded<Value> {
  /** The latest that came; kept while the next is under way and while the server is away. */
  value: Value | undefined;
  /** Why the last try failed. */
  error: unknown;
  loading: boolean;
  reload: () => void;
  /** Puts another value in place of the loaded one, until the next comes. */
  replace: (change: (value: Value) => Value) => void;
}

const retryMs = 2_000;

/** `load` is called anew when it changes: wrap it in `useCallback`. With `everyMs` it is also called again and again. */
export function useLoad<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  { everyMs }: { everyMs?: number } = {},
): Loaded<Value> {
  const [state, setState] = useState<Pick<Loaded<Value>, 'value' | 'error' | 'loading'>>({
    value: undefined,
    error: undefined,
    loading: true,
  });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((last) => last + 1), []);
  const loadedBy = useRef(load);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const another = loadedBy.current !== load;
    loadedBy.current = load;
    setState((before) => ({ value: another ? undefined : before.value, error: before.error, loading: true }));
    load(abort.signal).then(
      (value) => {
        setState({ value, error: undefined, loading: false });
        if (everyMs !== undefined) timer = setTimeout(reload, everyMs);
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, error, loading: false }));
        const againMs = isTemporary(error) ? retryMs : everyMs;
        if (againMs !== undefined) timer = setTimeout(reload, againMs);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [load, round, everyMs, reload]);

  const replace = useCallback((change: (value: Value) => Value) => {
    setState((before) => (before.value === undefined ? before : { ...before, value: change(before.value) }));
  }, []);
  return { ...state, reload, replace };
}
