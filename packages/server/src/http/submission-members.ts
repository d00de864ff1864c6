// The members of a submit that are known: how each is written by the clients that were seen, and what it must be.

import * as z from 'zod';
import type { Fault } from '../core/errors.ts';

/** Entries of a list before they are counted as pictures; the places that clients leave empty are among them. */
const mostLinks = 100;
/** Unknown members that a warning names; the rest are counted. */
const mostNamed = 20;

/** Several clients send `""` or `null` for "not set". */
export const absent = (value: unknown) => value === null || value === undefined || value === '';
const text = z.string('must be a string');
/** Forms send everything as text. */
const integer = z.preprocess(
  (value) => (typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value),
  z.int('must be a whole number'),
);
/** What each entry is, is looked at one by one, so that one bad entry hides no other. */
const links = z.preprocess(
  toList,
  z.array(z.unknown(), 'must be a list of links').max(mostLinks, `must have at most ${mostLinks} entries`),
);

/** Multipart and form clients send the list as JSON text or as one value. */
function toList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (!/^\s*\[/.test(value)) return [value];
  try {
    return JSON.parse(value);
  } catch {
    return [value];
  }
}

/** Where pictures are, in the order in which they are taken. */
export const linkMembers = ['image_urls', 'image_url', 'image'] as const;

/** A member that is absent is not looked at, so none of these says that it may be. */
const members = {
  model: text,
  prompt: text,
  image_urls: links,
  image_url: links,
  image: links,
  aspect_ratio: text,
  image_size: text,
  size: text,
  seed: integer.pipe(
    z
      .int()
      .min(-(2 ** 31), 'must be at least -2147483648')
      .max(2 ** 31 - 1, 'must be at most 2147483647'),
  ),
  deadline_seconds: integer.pipe(z.int().min(1, 'must be at least 1')),
  expires_in_seconds: integer.pipe(z.int().min(60, 'must be at least 60')),
} as const;

type Member = keyof typeof members;
export type Values = { [Name in Member]?: z.output<(typeof members)[Name]> };

/** Members that are read without having an effect: the key was used already, and `oversea` names the vendor's own routes. */
const withoutEffect = new Set(['oversea', 'key']);

/** Whether a field of this name is text, never a picture, whatever type its content is said to have. */
export function isTextMember(name: string): boolean {
  return (Object.hasOwn(members, name) && members[name as Member] !== links) || withoutEffect.has(name);
}

/** The values of the members that are known; a member at fault has none. */
export function readMembers(fields: Record<string, unknown>, faults: Fault[], warnings: string[]): Values {
  const values: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (!Object.hasOwn(members, name)) {
      if (!withoutEffect.has(name)) unknown.push(name);
    } else if (!absent(value)) {
      const parsed = members[name as Member].safeParse(value);
      if (parsed.success) values[name] = parsed.data;
      else
        faults.push(
          ...parsed.error.issues.map((issue) => ({ path: pathOf(name, issue.path), message: issue.message })),
        );
    }
  }
  for (const name of unknown.slice(0, mostNamed))
    warnings.push(`${JSON.stringify(shorten(name))}: not known here, ignored`);
  if (unknown.length > mostNamed)
    warnings.push(`${unknown.length - mostNamed} more members: not known here, ignored`);
  return values;
}

function pathOf(name: string, inside: PropertyKey[]): string {
  return name + inside.map((part) => `[${String(part)}]`).join('');
}

/** A name that a caller chose, as much of it as an answer may repeat. */
export function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
