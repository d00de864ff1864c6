// The error in a body of JSON, wherever it stands and whatever its members are called: `error` as a sentence or an object, `errors`,
// MiniMax's `base_resp`, Tencent's `Response.Error`, one in an entry of a list, as Volcengine and OpenRouter write it, or a code with a
// sentence and nothing around them. Pure.

import { errorWords, isTelling } from './error-words.ts';
import { isMembers } from '../answers/members.ts';
import type { Members } from '../answers/members.ts';
import { plainName } from './plain-name.ts';
import { saysRefused } from './refusal-words.ts';

const deepest = 3;
const maxMembers = 100;
const maxNestedErrors = 20;
const maxCodeLength = 4_000;

// The names are looked at in small letters and digits alone.

const errorNames = ['error', 'errors', 'baseresp'];
const around = ['response', 'output', 'result', 'results', 'choices', 'data'];
/** The most telling first. */
const codeNames = 'code status statuscode errorcode errcode errortype type reason'.split(' ');
const endings = ['finishreason', 'nativefinishreason'];

/** The members of the error as they are, and its sentence, which is `""` where it has only a code. */
export type FoundError = Members & { message: string };

/** `undefined` where the body speaks of none. */
export function findError(body: Members, depth = 0): FoundError | undefined {
  const members = plainly(body);
  for (const name of errorNames) {
    const told: unknown = [members.get(name)].flat()[0];
    if (typeof told === 'string' && isTelling(told)) return { ...besides(body), message: told };
    if (isMembers(told) && (errorWords(told) !== '' || codesOf(told).length > 0))
      return { ...told, message: errorWords(told) };
  }
  return ownError(body) ?? withheldAnswer(members) ?? errorInside(members, depth);
}

/** Without a member for it, and then only where it can be nothing else. */
function ownError(body: Members): FoundError | undefined {
  const sentence = errorWords(
    Object.fromEntries([...plainly(body)].filter(([name]) => !around.includes(name))),
  );
  const error: FoundError = { ...besides(body), message: sentence };
  const isFailed = body['success'] === false || /^(?:error|fail)/i.test(statusOf(body));
  return sentence !== '' && (isFailed || codesOf({ code: error['code'] }).length > 0) ? error : undefined;
}

/** An answer to a chat that ended before anything came. */
function withheldAnswer(members: ReadonlyMap<string, unknown>): FoundError | undefined {
  const code = endings
    .map((name) => members.get(name))
    .find((reason) => typeof reason === 'string' && saysRefused({ codes: [reason], words: '' }));
  return code === undefined ? undefined : { code, message: '' };
}

function errorInside(members: ReadonlyMap<string, unknown>, depth: number): FoundError | undefined {
  if (depth === deepest) return undefined;
  const inside = around
    .flatMap((name) => [members.get(name)].flat().slice(0, maxNestedErrors))
    .filter(isMembers);
  for (const each of inside) {
    const found = findError(each, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Empty where it is none: an object may have a `toString` that is no function. */
function statusOf({ status }: Members): string {
  return typeof status === 'string' || typeof status === 'number' ? String(status) : '';
}

/** Members that can stand beside an error that is a sentence. */
function besides(body: Members): Members {
  const { type, details } = body;
  const [code] = codesOf(body, ['code', 'errorcode', 'errcode', 'statuscode']);
  const status = Number(statusOf(body));
  return { code: code ?? (status >= 400 ? status : undefined), type, details };
}

/** The codes of an error, the most telling first; those that say that all is well are left out. */
export function codesOf(error: Members, names: readonly string[] = codeNames): string[] {
  const members = plainly(error);
  return names
    .map((name) => members.get(name))
    .filter((each) => typeof each === 'string' || typeof each === 'number')
    .map((each) => String(each).trim().slice(0, maxCodeLength))
    .filter((code) => isTelling(code) && !/^none$/i.test(code));
}

/** Of two members with the same plain name the first. */
function plainly(members: Members): ReadonlyMap<string, unknown> {
  const entries = Object.entries(members).slice(0, maxMembers);
  return new Map(entries.map(([name, value]) => [plainName(name), value] as const).toReversed());
}
