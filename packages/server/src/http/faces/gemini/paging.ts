// Pages of lists, as Google's clients ask for them: pageSize, and the token of the page before.

import { invalid } from '../../refusals/invalid.ts';
import type { Given } from '../../route/members.ts';

const largest = 1_000;

export interface Page<Item> {
  items: Item[];
  nextPageToken?: string;
}

/** Gives one page of a list. Throws `RequestError` (`invalid_request`). */
export function pageOf<Item>(all: readonly Item[], query: Given): Page<Item> {
  const size = numberIn(query, 'pageSize', { otherwise: largest, least: 1 });
  const from = numberIn(query, 'pageToken', { otherwise: 0, least: 0 });
  const until = from + Math.min(size, largest);
  return { items: all.slice(from, until), ...(until < all.length ? { nextPageToken: String(until) } : {}) };
}

/** Clients in languages with names of their own write underscores. */
function numberIn(
  query: Given,
  name: 'pageSize' | 'pageToken',
  { otherwise, least }: { otherwise: number; least: number },
): number {
  const text = query[name] ?? query[name.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)];
  if (text === undefined || text === '') return otherwise;
  const value = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  const message = name === 'pageSize' ? 'must be a number from 1 on' : 'must be the nextPageToken of a page';
  throw invalid([{ path: name, message }]);
}
