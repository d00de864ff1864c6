// Lists that may exceed one answer: page by page, or item by item as though there were no pages.

/** `for await (const item of list)`; the next page is asked for when it is needed. */
export interface Paged<Item, Page> extends AsyncIterable<Item> {
  pages(): AsyncIterable<Page>;
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
