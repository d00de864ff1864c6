// Lists that may exceed one answer: page by page, or item by item as though there were no pages.

import type { CallOptions } from './call-options.ts';
import type { Requester } from './request.ts';
import { tasksPath } from './tasks.ts';
import type { TaskAction, TaskData, TaskErrorType, TaskListData, TaskState } from './types.ts';

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

/** `for await (const item of list)`; the next page is asked for when it is needed. */
export interface Paged<Item, Page> extends AsyncIterable<Item> {
  pages(): AsyncIterable<Page>;
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

/** Pages and items of a list. `nextPage` gets the cursor of the page before, `null` at first. */
export function paged<Item, Page extends { next_cursor: string | null }>(
  nextPage: (cursor: string | null) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
): Paged<Item, Page> {
  async function* pages() {
    let cursor: string | null = null;
    do {
      const page: Page = await nextPage(cursor);
      yield page;
      cursor = page.next_cursor ?? null;
    } while (cursor !== null);
  }
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const page of pages()) yield* itemsOf(page);
    },
  };
}

type QueryValue = string | number | Date | undefined;

export function toQuery(members: readonly (readonly [string, QueryValue])[]): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of members)
    if (value !== undefined)
      query.append(name, value instanceof Date ? String(Math.floor(value.getTime() / 1000)) : String(value));
  return query;
}

export function withCursor(query: URLSearchParams, cursor: string | null): string {
  const whole = new URLSearchParams(query);
  if (cursor !== null) whole.set('cursor', cursor);
  return whole.size === 0 ? '' : `?${whole.toString()}`;
}
