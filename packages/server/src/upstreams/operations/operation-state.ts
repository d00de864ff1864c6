// States of an operation, each told in a word: the same few things, in any spelling, under one of a few names.

import { isMembers } from '../answers/members.ts';
import { plainName } from '../failures/plain-name.ts';

/** `unknown`: nobody has heard of the word. The operation has ended well if there are pictures, and goes on if there are none. */
export type OperationState = 'goes on' | 'succeeded' | 'failed' | 'stopped' | 'unknown';

const words: readonly (readonly [OperationState, readonly string[]])[] = [
  ['succeeded', ['succeeded', 'succeed', 'success', 'successful', 'ok', '成功', '已成功']],
  ['succeeded', ['completed', 'complete', 'finished', 'finish', 'done', '完成', '已完成']],
  ['failed', ['failed', 'fail', 'failure', 'error', 'errored', '失败', '已失败']],
  [
    'failed',
    ['rejected', 'timeout', 'timedout', 'expired', 'notfound', 'moderated', 'blocked', 'flagged', 'nsfw'],
  ],
  ['stopped', ['canceled', 'cancelled', 'aborted', 'stopped', 'terminated', '已取消']],
  ['goes on', ['queued', 'queue', 'pending', 'submitted', 'created', 'scheduled', 'accepted', 'started']],
  ['goes on', ['in', 'not', 'partial', 'partially', 'un', 'progress', 'wait', 'modal', '排队中', '处理中']],
];
const states = new Map(words.flatMap(([state, each]) => each.map((word) => [word, state] as const)));
const maxWordLength = 60;

/** `undefined` where there is no word. */
export function readOperationState(word: unknown): OperationState | undefined {
  if (typeof word !== 'string' || word.trim() === '') return undefined;
  const parts = word
    .trim()
    .slice(0, maxWordLength)
    .toLowerCase()
    .split(/[\s_.-]+/);
  const whole = states.get(parts.join(''));
  if (whole !== undefined) return whole;
  // Of longer ones each part counts, as in `TASK_STATUS_SUCCEED`, `Content Moderated` and `generating`.
  const told = parts.map((part) => (part.endsWith('ing') ? 'goes on' : states.get(part)));
  return told.find((state) => state === 'goes on') ?? told.find((state) => state !== undefined) ?? 'unknown';
}

/** In small letters and digits alone. */
const sureNames: ReadonlySet<string> = new Set(['state', 'taskstate', 'taskstatus', 'jobstatus']);
const otherNames: ReadonlySet<string> = new Set(['status', 'successflag']);
/** Names of members that an operation may be wrapped in. */
const around: ReadonlySet<string> = new Set(
  'data task operation prediction result response output payload'.split(' '),
);
const deepest = 3;

export interface FoundState {
  members: object;
  word: string | number;
}

/** The state of an operation, wherever it stands. `surely`: not under `status`, which may be that of the call. */
export function findOperationState(value: unknown, { surely = false } = {}): FoundState | undefined {
  return search(value, sureNames, 0) ?? (surely ? undefined : search(value, otherNames, 0));
}

function search(value: unknown, names: ReadonlySet<string>, depth: number): FoundState | undefined {
  if (depth > deepest) return undefined;
  // Of an event stream the last event says how it ended.
  if (Array.isArray(value)) return search(value.at(-1), names, depth + 1);
  if (!isMembers(value)) return undefined;
  const members = Object.entries(value).map(([name, each]) => [plainName(name), each] as const);
  const word = members
    .filter(([name]) => names.has(name))
    .map(([, each]) => each)
    .find(isWord);
  if (word !== undefined) return { members: value, word };
  return members
    .filter(([name]) => around.has(name))
    .map(([, each]) => search(each, names, depth + 1))
    .find((found) => found !== undefined);
}

function isWord(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
}
