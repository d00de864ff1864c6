// What is known of tasks from two sources at once, events and answers, neither of which is always the newer one.

import type { TaskData } from '@plantain/client';

export type Tasks = ReadonlyMap<string, TaskData>;

export function isFinal({ state }: TaskData): boolean {
  return state === 'succeeded' || state === 'error';
}

/** The same map where nothing is new. */
export function mergeTasks(known: Tasks, arrived: readonly TaskData[]): Tasks {
  const news = arrived.filter((task) => isNews(known.get(task.task_id), task));
  return news.length === 0
    ? known
    : new Map([...known, ...news.map((task) => [task.task_id, task] as const)]);
}

function isNews(known: TaskData | undefined, task: TaskData): boolean {
  if (known === undefined) return true;
  return !isFinal(known) && Number(task.update_time) >= Number(known.update_time);
}
