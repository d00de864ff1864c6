// The succeeded tasks of a key, page by page as they are wanted, and those that succeed meanwhile.

import type { PlantainClient, TaskData, TaskListData } from '@plantain/client';
import { isTemporary } from '../../away.ts';
import { mergeNewestFirst } from './tiles.ts';

const pageSize = 60;
const retryMs = 2_000;

export interface GalleryState {
  /** Newest first. */
  tasks: readonly TaskData[];
  isLoading: boolean;
  /** Whether the oldest is there. */
  isComplete: boolean;
  /** Why the last page did not come. */
  error: unknown;
}

export const emptyGallery: GalleryState = { tasks: [], isLoading: true, isComplete: false, error: null };

type Client = Pick<PlantainClient, 'list' | 'events'>;

/**
 * Gives the function that loads the next page; it has no effect while one is under way and when there is no more. While the server
 * can't be reached the page is asked for again and again, until `signal` aborts.
 */
export function openGallery(
  client: Client,
  signal: AbortSignal,
  onChange: (state: GalleryState) => void,
): () => Promise<void> {
  const nextPage = createPager(client, signal);
  let state = emptyGallery;
  let busy = false;

  function update(change: Partial<GalleryState>): void {
    state = { ...state, ...change };
    if (!signal.aborted) onChange(state);
  }

  async function more(): Promise<void> {
    if (busy || state.isComplete) return;
    busy = true;
    update({ isLoading: true });
    try {
      const before = state.tasks.length;
      // A page of a filtered list may be empty and yet not the last.
      while (!state.isComplete && state.tasks.length === before) {
        const { tasks, isComplete } = await nextPage();
        update({ tasks: mergeNewestFirst(state.tasks, tasks), isComplete, error: null });
      }
    } catch (error) {
      update({ error });
      if (isTemporary(error))
        setTimeout(() => {
          if (!signal.aborted) void more();
        }, retryMs);
    } finally {
      busy = false;
      update({ isLoading: false });
    }
  }

  async function listen(): Promise<void> {
    for await (const task of client.events({ signal }))
      if (task.state === 'succeeded') update({ tasks: mergeNewestFirst(state.tasks, [task]) });
  }

  void more();
  listen().catch((error: unknown) => update({ error }));
  return more;
}

/** A list that broke off can't go on: another begins with the second of the last task that is known. */
function createPager({ list }: Client, signal: AbortSignal) {
  let pages: AsyncIterator<TaskListData, unknown> | null = null;
  let oldest: string | undefined;

  function open(): AsyncIterator<TaskListData, unknown> {
    const before = oldest === undefined ? {} : { created_before: Number(oldest) + 1 };
    const filtered = list({ state: 'succeeded', limit: pageSize, ...before }, { signal });
    return filtered.pages()[Symbol.asyncIterator]();
  }

  return async (): Promise<{ tasks: readonly TaskData[]; isComplete: boolean }> => {
    pages ??= open();
    try {
      const result = await pages.next();
      if (result.done === true) return { tasks: [], isComplete: true };
      const { tasks, next_cursor: cursor } = result.value;
      oldest = tasks.at(-1)?.create_time ?? oldest;
      return { tasks, isComplete: cursor === null };
    } catch (error) {
      pages = null;
      throw error;
    }
  };
}
