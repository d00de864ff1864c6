// Tasks that are known from events and from answers, neither of which is always newer.

import type { TaskData } from '@plantain/client';

export type Tasks = ReadonlyMap<string, TaskData>;

export function isFinal({ state }: TaskData): boolean {
  return state === 'succeeded' || state === 'error';
}

/** Merges tasks into those that are known; gives the same map where nothing changed. */
export function mergeTasks(known: Tasks, arrived: readonly TaskData[]): Tasks {
  let merged: Map<string, TaskData> | null = null;
  for (const task of arrived)
    if (isNewer((merged ?? known).get(task.task_id), task))
      merged = (merged ?? new Map(known)).set(task.task_id, task);
  return merged ?? known;
}

function isNewer(known: TaskData | undefined, task: TaskData): boolean {
  if (known === undefined) return true;
  return !isFinal(known) && Number(task.update_time) >= Number(known.update_time);
}
