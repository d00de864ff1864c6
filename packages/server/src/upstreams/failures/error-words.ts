// The sentence of an error, whatever it is wrapped in: a text, a list of texts, an object with a text under one of its usual names,
// or any of these inside another.

import { safeText } from '../../lib/safe-text.ts';
import { isMembers } from '../answers/members.ts';
import { plainName } from './plain-name.ts';
import type { Answer } from '../transport.ts';

/** How much of a body that is no JSON is looked at: its title stands at the beginning. */
const maxPageLength = 4_000;
const deepest = 4;
/** How many entries of a list are read. */
const maxEntries = 20;
/** In small letters and digits alone, the most telling first: a `detail` stands beside a `title` that says less. */
const names =
  'message msg detail error errors errormessage errormsg errmsg statusmsg failmsg failreason failurereason rawmessage reason title'.split(
    ' ',
  );
/** Names of what an object with an error may be wrapped in. A text in its place is no sentence. */
const around = ['baseresp', 'response', 'output', 'result', 'results', 'choices', 'data'];
/** How many members of an object are looked at. */
const maxMembers = 100;

/** The beginning of what was said, to be searched for words with a meaning. The prompt is among the `secrets`, and is none of them. */
export function searchedWords(said: string, secrets: readonly string[]): string {
  return safeText(said, secrets, 4_000);
}

/** `""` where nothing is said, or only that all is well. */
export function errorWords(error: unknown, depth = 0): string {
  if (typeof error === 'string') return isTelling(error) ? error.trim() : '';
  if (typeof error !== 'object' || error === null || depth > deepest) return '';
  if (Array.isArray(error)) return sentences(error.slice(0, maxEntries), depth).join(' ');
  if (!isMembers(error)) return '';
  const members = new Map<string, unknown>();
  for (const [name, each] of Object.entries(error).slice(0, maxMembers)) members.set(plainName(name), each);
  const inside = around.map((name) => members.get(name)).filter((each) => typeof each === 'object');
  const lists = inside.map((each) =>
    Array.isArray(each) ? each.slice(0, maxEntries).filter(isMembers) : each,
  );
  return sentences([...names.map((name) => members.get(name)), ...lists], depth)[0] ?? '';
}

function sentences(values: readonly unknown[], depth: number): string[] {
  return values.map((each) => errorWords(each, depth + 1)).filter((each) => each !== '');
}

/** Says that all is well, as a code or as a sentence; 0 is how many APIs with an envelope say it. */
const goodWord = /^(?:|0+|20\d|ok|success|succeeded|successful|成功|操作成功)[.!]?$/i;

/** Whether words, or a code, say more than that all is well. */
export function isTelling(words: string): boolean {
  return !goodWord.test(words.trim());
}

/** Of an answer; without its bytes only JSON says something. */
export type Body = Pick<Answer, 'json'> & Partial<Pick<Answer, 'bytes'>>;

/** Words of a body that nobody has a form for: of JSON its sentence, of a page its title, of a text all of it. */
export function bodyWords({ json, bytes }: Body): string {
  if (json !== undefined) return errorWords(json);
  const text = bytes?.subarray(0, maxPageLength).toString().trim() ?? '';
  if (!text.startsWith('<')) return text.includes('\ufffd') || text.includes('\0') ? '' : text;
  const start = text.search(/<title/i);
  const open = start < 0 ? -1 : text.indexOf('>', start);
  const close = open < 0 ? -1 : text.indexOf('<', open);
  return close < 0 ? '' : text.slice(open + 1, close).trim();
}
