// Pages of lists, as Google's clients ask for them: pageSize, and the token of the page before.

import { invalid } from '../../refusals/invalid.ts';
import type { Given } from '../../route/members.ts';

const largest = 1_000;

export interface Page<Item> {
  items: Item[];
  nextPageToken?: string;
}

/** Reads how many are asked for. Throws `RequestError` (`invalid_request`). */
export function pageSizeIn(query: Given, { usual, most }: { usual: number; most: number }): number {
  return Math.min(numberIn(query, 'pageSize', { otherwise: usual, least: 1 }), most);
}

/** Reads the token of a page, where it is the last id of the page before. Throws `RequestError` (`invalid_request`). */
export function pageTokenIn(query: Given, form: RegExp): string | undefined {
  const text = textIn(query, 'pageToken');
  if (text === undefined || text === '') return undefined;
  if (typeof text === 'string' && form.test(text)) return text;
  throw invalid([{ path: 'pageToken', message: wrongToken }]);
}

/** Gives one page of a list. Throws `RequestError` (`invalid_request`). */
export function pageOf<Item>(all: readonly Item[], query: Given): Page<Item> {
  const size = numberIn(query, 'pageSize', { otherwise: largest, least: 1 });
  const from = numberIn(query, 'pageToken', { otherwise: 0, least: 0 });
  const until = from + Math.min(size, largest);
  return { items: all.slice(from, until), ...(until < all.length ? { nextPageToken: String(until) } : {}) };
}

const wrongToken = 'must be the nextPageToken of a page';

/** Clients in languages with names of their own write underscores. */
function textIn(query: Given, name: 'pageSize' | 'pageToken'): unknown {
  return query[name] ?? query[name.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)];
}

function numberIn(
  query: Given,
  name: 'pageSize' | 'pageToken',
  { otherwise, least }: { otherwise: number; least: number },
): number {
  const text = textIn(query, name);
  if (text === undefined || text === '') return otherwise;
  const value = typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  const message = name === 'pageSize' ? 'must be a number from 1 on' : wrongToken;
  throw invalid([{ path: name, message }]);
}
