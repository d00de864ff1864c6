// Follows any number of tasks by one connection, since a browser opens only six to a server. The position in the queue, which events don't
// carry, and what changes without a connection are polled.

import type { PlantainClient } from '@plantain/client';
import { useEffect, useMemo, useRef, useState } from 'react';
import { isTemporary } from '../away.ts';
import { isFinal, mergeTasks, type Tasks } from './live-tasks.ts';

const pollMs = 4_000;

export interface LiveTasks {
  tasks: Tasks;
  /** Ids of which this key has no task. */
  unknown: ReadonlySet<string>;
  /** Failure of the last call; `null` where it worked. */
  error: unknown;
  /** True while the connection is lost. */
  isAway: boolean;
}

export function useLiveTasks(client: PlantainClient, ids: readonly string[]): LiveTasks {
  const [tasks, setTasks] = useState<Tasks>(new Map());
  const [unknown, setUnknown] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<unknown>(null);
  const [connected, setConnected] = useState<boolean | undefined>(undefined);
  const [round, setRound] = useState(0);
  const shown = useRef({ ids: new Set<string>(), tasks });
  shown.current = { ids: useMemo(() => new Set(ids), [ids]), tasks };

  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    async function listen(): Promise<void> {
      for await (const task of client.events({ signal, onConnection: setConnected }))
        if (shown.current.ids.has(task.task_id)) setTasks((known) => mergeTasks(known, [task]));
    }
    listen().catch((failure: unknown) => {
      if (!signal.aborted) setError(failure);
    });
    return () => abort.abort();
  }, [client]);

  useEffect(() => {
    const open = ids.filter((id) => {
      const task = shown.current.tasks.get(id);
      return !unknown.has(id) && (task === undefined || !isFinal(task));
    });
    if (open.length === 0) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pollLater = () => (timer = setTimeout(() => setRound((last) => last + 1), pollMs));
    client.getMany(open, { signal: abort.signal }).then(
      (answer) => {
        setError(null);
        setTasks((known) => mergeTasks(known, answer.tasks));
        if (answer.unknown.length > 0) setUnknown((known) => new Set([...known, ...answer.unknown]));
        if (connected !== true || answer.tasks.some(({ state }) => state === 'pending')) pollLater();
      },
      (failure: unknown) => {
        if (abort.signal.aborted) return;
        setError(failure);
        if (isTemporary(failure)) pollLater();
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [client, ids, unknown, connected, round]);

  return { tasks, unknown, error, isAway: connected === false };
}
