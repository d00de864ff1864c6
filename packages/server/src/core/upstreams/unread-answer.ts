// Record of an unread answer: a whole answer of an upstream that could not be used, stored for the operator. The call was most likely
// billed, so the operator may want to see what came. Keys, the prompt and pictures in base64 are taken out of the record.

import type { UnreadAnswer } from '../errors.ts';
import { createClearing, type Clearing } from '../../lib/clearing.ts';
import { sha256InSteps } from '../../lib/sha256.ts';

/** Unread answer as it is stored. All of it is plain JSON. */
export interface UnreadAnswerRecord {
  /** HTTP status; `null` for bytes that were to be a picture. */
  status: number | null;
  headers: Record<string, string>;
  /** Length of the whole decompressed answer, in bytes. */
  length: number;
  /** SHA-256 of the whole answer, in hex. */
  sha256: string;
  /** Names and types of the members; `text` or `bytes` where the answer was no JSON. */
  shape: unknown;
  /** Beginning of the answer, with secrets removed; `''` where it is no text. */
  text: string;
}

export interface UnreadAnswerStore {
  /** Stores the answer of an attempt, and deletes all but the latest `most`. Does nothing where the task is deleted. */
  storeUnreadAnswer(kept: {
    taskId: string;
    attempt: number;
    /** Unix milliseconds. */
    at: number;
    answer: UnreadAnswerRecord;
    most: number;
  }): Promise<void>;
  findUnreadAnswer(
    taskId: string,
    attempt: number,
  ): Promise<{ at: number; answer: UnreadAnswerRecord } | null>;
  /** Deletes answers that were stored at or before `storedBy`; resolves with their number. */
  deleteUnreadAnswers(storedBy: number): Promise<number>;
}

/** Maximal number of unread answers in the store. */
export const maxUnreadAnswers = 100;
/** Retention of an unread answer: seven days. */
export const unreadAnswerLifetimeMs = 7 * 24 * 3_600_000;

const maxHeaders = 50;
const maxHeaderLength = 200;
/** Headers that carry credentials; their values are removed. */
const privateHeaders = /cookie|auth|token|secret|signature|api-?key/i;

const maxMembers = 200;
const maxMembersOfText = 5_000;
const maxDepth = 10;
const maxNameLength = 60;
const maxStringLength = 4_000;

/** Makes the record of an answer. `secrets` are the keys and the prompt, which are removed; `maxTextBytes` bounds the text. */
export async function recordOf(
  { status, headers, bytes, json }: UnreadAnswer,
  { secrets, maxTextBytes }: { secrets: readonly string[]; maxTextBytes: number },
): Promise<UnreadAnswerRecord> {
  const clear = createClearing(secrets);
  const isJson = typeof json === 'object' && json !== null;
  const beginning = isJson ? '' : beginningOf(bytes, maxTextBytes);
  const budget = { members: maxMembersOfText, characters: 2 * maxTextBytes };
  const text = isJson ? JSON.stringify(cleared(json, clear, budget)) : clear(beginning);
  return {
    status,
    headers: clearedHeaders(headers, clear),
    length: bytes.length,
    sha256: await sha256InSteps(bytes),
    shape: isJson ? shapeOf(json, clear, { members: maxMembers, characters: Infinity }) : nameOf(beginning),
    text: within(text, maxTextBytes),
  };
}

function clearedHeaders(headers: UnreadAnswer['headers'], clear: Clearing): Record<string, string> {
  const shown = Object.entries(headers).slice(0, maxHeaders);
  return Object.fromEntries(
    shown.map(([name, value]) => [
      clear(name).slice(0, maxNameLength),
      privateHeaders.test(name) ? '[removed]' : clear(String(value)).slice(0, maxHeaderLength),
    ]),
  );
}

/** Remaining number of members to visit, and of characters in their texts. */
interface Budget {
  members: number;
  characters: number;
}

/** Copies a value with each string cleared and cut, until the budget is used up. */
function cleared(value: unknown, clear: Clearing, budget: Budget, depth = 0): unknown {
  if (typeof value === 'string') {
    const text = clear(value, maxStringLength);
    budget.characters -= text.length;
    return text;
  }
  if (value instanceof Uint8Array) return `[${value.length} bytes of base64]`;
  if (typeof value !== 'object' || value === null) return value;
  return membersOf(value, clear, budget, depth, (each) => cleared(each, clear, budget, depth + 1));
}

/** Describes a value by names and types: `{"id":"string(36)","data":[{"url":"string(80)"}]}`. A list is described by its first member. */
function shapeOf(value: unknown, clear: Clearing, budget: Budget, depth = 0): unknown {
  if (typeof value === 'string') return `string(${value.length})`;
  if (value instanceof Uint8Array) return `base64(${value.length} bytes)`;
  if (typeof value !== 'object') return typeof value;
  if (value === null) return 'null';
  const inner = (each: unknown) => shapeOf(each, clear, budget, depth + 1);
  if (!Array.isArray(value)) return membersOf(value, clear, budget, depth, inner);
  const first = value.slice(0, 1);
  return [
    ...(membersOf(first, clear, budget, depth, inner) as unknown[]),
    ...(value.length > 1 ? [`${value.length} in all`] : []),
  ];
}

function membersOf(
  value: object,
  clear: Clearing,
  budget: Budget,
  depth: number,
  each: (member: unknown) => unknown,
): unknown {
  if (depth >= maxDepth) return '…';
  const take = () => budget.members-- > 0 && budget.characters > 0;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (const member of value) {
      if (!take()) return [...list, '…'];
      list.push(each(member));
    }
    return list;
  }
  const members: [string, unknown][] = [];
  for (const name in value) {
    if (!take()) {
      members.push(['…', '…']);
      break;
    }
    members.push([clear(name, maxNameLength), each((value as Record<string, unknown>)[name])]);
  }
  return Object.fromEntries(members);
}

/** Text of the first bytes, twice as many as are stored; `''` where they are no UTF-8 text. */
function beginningOf(bytes: Uint8Array, maxBytes: number): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 2 * maxBytes));
  const isText = !text.includes('\0') && !text.slice(0, 1_000).includes('\ufffd');
  return isText ? text : '';
}

const nameOf = (beginning: string) => (beginning === '' ? 'bytes' : 'text');

function within(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= maxBytes ? text : new TextDecoder().decode(bytes.subarray(0, maxBytes));
}
