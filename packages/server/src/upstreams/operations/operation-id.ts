// Finds what names the operation in the answer to its submit: under another name than the documented one, further inside, or as a
// number. The operation is paid for and can be had only by its name, so whatever can be one is taken; it becomes one segment of a path.

import { isMembers } from '../answers/members.ts';
import { plainName } from '../failures/plain-name.ts';
import type { Answer } from '../transport.ts';

const maxIdLength = 200;
/** Of an answer that is parsed again for the digits of a number. */
const maxBytes = 2 ** 20;
const deepest = 3;
const maxEntries = 20;
/** Where an operation may stand inside an answer. */
const around: ReadonlySet<string> = new Set([
  'data',
  'task',
  'job',
  'prediction',
  'result',
  'output',
  'payload',
  'response',
]);
/** Such as `success`, where the answer has a word in the place of an object. */
const noIds: ReadonlySet<string> = new Set([
  '',
  '.',
  '..',
  '0',
  'null',
  'undefined',
  'none',
  'success',
  'succeeded',
  'ok',
  'true',
]);

/**
 * The id, as a text of 1 to 200 characters; `undefined` where there is none. `names`: those under which it may stand, in small
 * letters and digits alone, the surest first. `where`: the part of the answer that is looked at.
 */
export function readOperationId(
  answer: Pick<Answer, 'json' | 'bytes'>,
  names: readonly string[],
  where: unknown = answer.json,
): string | undefined {
  const found = search(where, { names, depth: 0, bare: false });
  return typeof found === 'number' ? exactDigits(answer.bytes, found) : found;
}

/** The id in a link to the operation itself, which stands behind a segment such as `requests`; never followed. */
export function idInLink(link: unknown, behind: string): string | undefined {
  const segments = typeof link === 'string' ? (URL.parse(link)?.pathname.split('/') ?? []) : [];
  const segment = segments[segments.indexOf(behind) + 1];
  if (!segments.includes(behind) || segment === undefined) return undefined;
  const id = idOf(decoded(segment));
  return typeof id === 'string' ? id : undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

interface Search {
  names: readonly string[];
  depth: number;
  /** Whether an id may stand here by itself, instead of an object that holds it. */
  bare: boolean;
}

function search(value: unknown, within: Search): string | number | undefined {
  const { names, depth, bare } = within;
  if (depth > deepest) return undefined;
  if (Array.isArray(value)) return first(value.slice(0, maxEntries), { ...within, depth: depth + 1 });
  if (!isMembers(value)) return bare ? bareId(value) : undefined;
  const members = new Map(Object.entries(value).map(([name, each]) => [plainName(name), each]));
  return (
    names.map((name) => idOf(members.get(name))).find((id) => id !== undefined) ??
    first(
      [...members].filter(([name]) => around.has(name)).map(([, each]) => each),
      { names, depth: depth + 1, bare: true },
    )
  );
}

function first(values: readonly unknown[], within: Search): string | number | undefined {
  for (const value of values) {
    const id = search(value, within);
    if (id !== undefined) return id;
  }
  return undefined;
}

function idOf(value: unknown): string | number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value > 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const id = value.trim();
  return id.length <= maxIdLength && id.isWellFormed() && !noIds.has(id.toLowerCase()) ? id : undefined;
}

/** A sentence is none. */
function bareId(value: unknown): string | number | undefined {
  const id = idOf(value);
  return typeof id !== 'string' || /^[\w.~=+-]+$/.test(id) ? id : undefined;
}

/** The digits of a number as they were sent: JSON's numbers lose what is beyond 2^53, and ids are often longer. */
function exactDigits(bytes: Uint8Array, number: number): string {
  if (Number.isSafeInteger(number)) return String(number);
  if (bytes.length > maxBytes) return BigInt(number).toString();
  let digits: string | undefined;
  const keep = (_name: string, value: unknown, { source }: { source?: string }) => {
    if (value === number) digits ??= source;
    return value;
  };
  try {
    JSON.parse(new TextDecoder().decode(bytes), keep as (name: string, value: unknown) => unknown);
  } catch {
    // An event stream, of which the number itself is all that is known.
  }
  return digits ?? BigInt(number).toString();
}
