// Filters of a list of tasks, as the server takes them and as events are held against them.

import type { TaskAction, TaskData, TaskErrorType, TaskState } from '@plantain/client';

/** The filters that the server knows; a member that does not filter is absent. */
export interface Filter {
  state?: TaskState;
  /** Reason of the failure. */
  error_type?: TaskErrorType;
  model?: string;
  action?: TaskAction;
  /** Unix seconds. */
  created_after?: number;
  created_before?: number;
  metadata?: Readonly<Record<string, string>>;
  /** The start of an id, or something in the prompt or the metadata. */
  search?: string;
}

/**
 * Decides whether the server would list the task. The search is skipped for a task that the server has listed before (`isKnown`): it
 * saw the whole prompt, and nothing that it searches ever changes.
 */
export function matches(filter: Filter, task: TaskData, isKnown = false): boolean {
  const { state, model, action, metadata = {} } = filter;
  const { error_type: reason, created_after: after, created_before: before } = filter;
  const createdAt = Number(task.create_time);
  return (
    (state === undefined || task.state === state) &&
    (reason === undefined || task.error?.type === reason) &&
    (model === undefined || task.model === model) &&
    (action === undefined || task.action === action) &&
    (after === undefined || createdAt >= after) &&
    (before === undefined || createdAt < before) &&
    Object.entries(metadata).every(([name, value]) => task.metadata?.[name] === value) &&
    (isKnown || filter.search === undefined || isFound(filter.search, task))
  );
}

function isFound(search: string, { task_id: id, prompt = '', metadata = {} }: TaskData): boolean {
  const sought = search.toLowerCase();
  return (
    id.startsWith(sought) ||
    prompt.toLowerCase().includes(sought) ||
    Object.entries(metadata).some(([name, value]) => `${name}=${value}`.toLowerCase().includes(sought))
  );
}
