// What is known of tasks from two sources at once, events and answers, neither of which is always the newer one.

import type { TaskData } from '@plantain/client';

export type Tasks = ReadonlyMap<string, TaskData>;

export function isFinal({ state }: TaskData): boolean {
  return state === 'succeeded' || state === 'error';
}

/** The same map where nothing is new. */
export function mergeTasks(known: Tasks, arrived: readonly TaskData[]): Tasks {
  let merged: Map<string, TaskData> | null = null;
  for (const task of arrived)
    if (isNews((merged ?? known).get(task.task_id), task))
      merged = (merged ?? new Map(known)).set(task.task_id, task);
  return merged ?? known;
}

function isNews(known: TaskData | undefined, task: TaskData): boolean {
  if (known === undefined) return true;
  return !isFinal(known) && Number(task.update_time) >= Number(known.update_time);
}
