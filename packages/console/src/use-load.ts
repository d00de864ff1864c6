// Loads a value for a part of the page. It stays while it is loaded again; temporary failures are retried.

import { useCallback, useEffect, useRef, useState } from 'react';
import { isTemporary } from './away.ts';

export interface Loaded<Value> {
  /** The last value that came; it stays while the next is loaded and while the server is away. */
  value: Value | undefined;
  /** Failure of the last try; `undefined` where it worked. */
  error: unknown;
  loading: boolean;
  reload: () => void;
  /** Changes the loaded value, until the next comes. */
  replace: (change: (value: Value) => Value) => void;
}

const retryMs = 2_000;

/** Calls `load` now, when it changes (wrap it in `useCallback`), and `everyMs` after each answer, where that is given. */
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
    const isOther = loadedBy.current !== load;
    loadedBy.current = load;
    setState((before) => ({ value: isOther ? undefined : before.value, error: before.error, loading: true }));
    load(abort.signal).then(
      (value) => {
        setState({ value, error: undefined, loading: false });
        if (everyMs !== undefined) timer = setTimeout(reload, everyMs);
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, error, loading: false }));
        const delayMs = isTemporary(error) ? retryMs : everyMs;
        if (delayMs !== undefined) timer = setTimeout(reload, delayMs);
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
