// Lists of tasks by conditions that they meet.

import type { CallOptions } from '../request/call-options.ts';
import { paged, type Paged, toQuery, withCursor } from '../request/pages.ts';
import type { Requester } from '../request/request.ts';
import type { TaskAction, TaskData, TaskErrorType, TaskListData, TaskState } from '../wire/task-types.ts';
import { tasksPath } from './tasks.ts';

/** Conditions that listed tasks meet; without any, all tasks of the key. */
export interface TaskFilter {
  state?: TaskState | undefined;
  /** Reason of tasks that ended in the state `error`. */
  error_type?: TaskErrorType | undefined;
  /** Any name of the model. */
  model?: string | undefined;
  action?: TaskAction | undefined;
  /** Earliest time of the submit: Unix seconds, or a date. */
  created_after?: number | Date | undefined;
  /** Time before which the submit was: Unix seconds, or a date. */
  created_before?: number | Date | undefined;
  /** Values that the task's metadata has, all of them. */
  metadata?: Readonly<Record<string, string>> | undefined;
  /** The beginning of an id, or something in the prompt or the metadata (`name=value`); without regard to case. */
  search?: string | undefined;
  /** Shows the first 200 characters of the prompt with each task. */
  include?: 'prompt' | undefined;
  /** Tasks of a page, 1 to 200. */
  limit?: number | undefined;
}

/** See `PlantainClient.list`. */
export type List = (filter?: TaskFilter, options?: CallOptions) => Paged<TaskData, TaskListData>;

export function createList({ request }: Requester): List {
  return (filter = {}, { signal } = {}) => {
    const { metadata = {}, ...members } = filter;
    const named = Object.entries(metadata).map(([name, value]) => [`metadata[${name}]`, value] as const);
    const query = toQuery([...Object.entries(members), ...named]);
    const nextPage = async (cursor: string | null) => {
      const path = tasksPath + withCursor(query, cursor);
      return (await request<TaskListData>('tasks', { path, signal, feature: 'list tasks' })).data;
    };
    return paged(nextPage, ({ tasks }) => tasks);
  };
}
