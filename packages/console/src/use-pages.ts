// A list that comes in pages: as many of them as were asked for.

import { useCallback, useRef } from 'react';
import { type Loaded, useLoad } from './use-load.ts';

interface Page {
  next_cursor: string | null;
}

export interface LoadedPages<Item> extends Loaded<{ items: Item[]; isComplete: boolean }> {
  more: () => void;
}

/** `open` gives the pages of the list, and `itemsOf` those of a page; both are to stay the same until another list is wanted. */
export function usePages<Item, Of extends Page>(
  open: (signal: AbortSignal) => AsyncIterable<Of>,
  itemsOf: (page: Of) => readonly Item[],
  { everyMs }: { everyMs?: number } = {},
): LoadedPages<Item> {
  const wanted = useRef({ open, pages: 1 });
  const load = useCallback(
    async (signal: AbortSignal) => {
      if (wanted.current.open !== open) wanted.current = { open, pages: 1 };
      const items: Item[] = [];
      let count = 0;
      let isComplete = true;
      for await (const page of open(signal)) {
        items.push(...itemsOf(page));
        count += 1;
        isComplete = page.next_cursor === null;
        if (count >= wanted.current.pages) break;
      }
      return { items, isComplete };
    },
    [open, itemsOf],
  );
  const found = useLoad(load, everyMs === undefined ? {} : { everyMs });
  const { reload } = found;
  const more = useCallback(() => {
    wanted.current.pages += 1;
    reload();
  }, [reload]);
  return { ...found, more };
}
