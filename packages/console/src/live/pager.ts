// The pages of a list, one after the other, with another try where the list broke off.

import type { TaskData, TaskListData } from '@plantain/client';

/** Opens a list at its newest task, or at the newest that was made before a second of Unix time. */
export type OpenPages = (createdBefore?: number) => AsyncIterator<TaskListData, unknown>;

export interface Pager {
  /**
   * Loads the next page; `oldest` is the last task that is known. Gives `undefined` where the list was restarted meanwhile. Throws what
   * the client throws: the next call then opens another list, with the second of that task, so that none is left out.
   */
  next: (oldest: TaskData | undefined) => Promise<TaskListData | undefined>;
  /** Begins anew with the first page; a page on its way is dropped. */
  restart: () => void;
}

export function createPager(open: OpenPages): Pager {
  let pages: AsyncIterator<TaskListData, unknown> | null = null;
  return {
    async next(oldest) {
      const opened = (pages ??= open(oldest === undefined ? undefined : Number(oldest.create_time) + 1));
      try {
        const page = await nextPage(opened);
        return pages === opened ? page : undefined;
      } catch (error) {
        if (pages !== opened) return undefined;
        pages = null;
        throw error;
      }
    },
    restart() {
      pages = null;
    },
  };
}

/**
 * Loads the tasks from the newest of all to `newest`, the id of the newest that is known: one page at least. Gives `null` where there are
 * more than `maxPages` pages of them.
 */
export async function findNewer(
  open: OpenPages,
  newest: string,
  maxPages: number,
): Promise<TaskData[] | null> {
  const pages = open();
  const found: TaskData[] = [];
  for (let count = 0; count < maxPages; count += 1) {
    const { tasks, next_cursor: next } = await nextPage(pages);
    found.push(...tasks);
    if (newest === '' || next === null || tasks.some(({ task_id: id }) => id <= newest)) return found;
  }
  return null;
}

async function nextPage(pages: AsyncIterator<TaskListData, unknown>): Promise<TaskListData> {
  const result = await pages.next();
  return result.done === true ? { tasks: [], next_cursor: null } : result.value;
}
