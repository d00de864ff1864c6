// The sentence of an error, whatever it is wrapped in: a text, a list of texts, an object with a text under one of its usual names,
// or any of these inside another.

import type { Answer } from './transport.ts';

/** How much of a body that is no JSON is looked at: its title stands at the beginning. */
const longestPage = 4_000;
const deepest = 4;
/** How many entries of a list are read. */
const mostEntries = 20;
/** The most telling first. A `detail` stands beside a `title` that says less, and a `msg` inside a `detail`. */
const names = [
  'message',
  'msg',
  'detail',
  'error',
  'errors',
  'error_message',
  'errorMessage',
  'err_msg',
  'errMsg',
  'errmsg',
  'fail_msg',
  'failMsg',
  'fail_reason',
  'failReason',
  'reason',
  'title',
];

/** `""` where nothing is said. */
export function errorWords(error: unknown, depth = 0): string {
  if (typeof error === 'string') return error.trim();
  if (typeof error !== 'object' || error === null || depth > deepest) return '';
  const inside: unknown[] = Array.isArray(error)
    ? error.slice(0, mostEntries)
    : names.map((name) => (error as Readonly<Record<string, unknown>>)[name]);
  const said = inside.map((each) => errorWords(each, depth + 1)).filter((each) => each !== '');
  return Array.isArray(error) ? said.join(' ') : (said[0] ?? '');
}

/** Of an answer; without its bytes only JSON says something. */
export type Body = Pick<Answer, 'json'> & Partial<Pick<Answer, 'bytes'>>;

/** Words of a body that nobody has a form for: of JSON its sentence, of a page its title, of a text all of it. */
export function bodyWords({ json, bytes }: Body): string {
  if (json !== undefined) return errorWords(json);
  const text = bytes?.subarray(0, longestPage).toString().trim() ?? '';
  if (!text.startsWith('<')) return text.includes('\ufffd') || text.includes('\0') ? '' : text;
  const start = text.search(/<title/i);
  const open = start < 0 ? -1 : text.indexOf('>', start);
  const close = open < 0 ? -1 : text.indexOf('<', open);
  return close < 0 ? '' : text.slice(open + 1, close).trim();
}
