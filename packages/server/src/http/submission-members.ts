// The members of a submit that are known: how each is written by the clients that were seen, and what it must be.

import * as z from 'zod';
import type { Fault } from '../core/errors.ts';
import { webhookEvents } from '../core/webhook.ts';

/** Entries of a list before they are counted as pictures; the places that clients leave empty are among them. */
const mostLinks = 100;
/** Unknown members that a warning names; the rest are counted. */
const mostNamed = 20;

/** Several clients send `""` or `null` for "not set". */
export const absent = (value: unknown) => value === null || value === undefined || value === '';
const text = z.string('must be a string');
/** Forms and query strings send everything as text. */
export const fromText = (value: unknown) =>
  typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
const integer = z.int('must be a whole number');
/** What each entry is, is looked at one by one, so that one bad entry hides no other. */
const links = z.preprocess(
  toList,
  z.array(z.unknown(), 'must be a list of links').max(mostLinks, `must have at most ${mostLinks} entries`),
);

/** Multipart and form clients send the list as JSON text or as one value. */
export function toList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (!/^\s*\[/.test(value)) return [value];
  try {
    return JSON.parse(value);
  } catch {
    return [value];
  }
}

/** Which webhooks are wanted, each once. */
export const eventsSchema = z.preprocess(
  toList,
  z
    .array(z.enum(webhookEvents, `must be one of ${webhookEvents.join(', ')}`), 'must be a list of events')
    .min(1, 'must name at least one event')
    .max(20, 'must have at most 20 entries')
    .transform((events) => [...new Set(events)]),
);

const mostMetadata = 50;
/** What the caller keeps beside a task. Names are plain enough to stand in a query string as they are. */
const metadataSchema = z
  .record(
    z.string().regex(/^[\w.-]{1,64}$/, 'names have 1 to 64 letters, digits, _, - or .'),
    z.string('must be a string').max(512, 'must have at most 512 characters'),
    'must be an object of strings',
  )
  .refine((value) => Object.keys(value).length <= mostMetadata, `must have at most ${mostMetadata} members`);

/** Forms send an object as JSON text. */
function fromJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Where pictures are, in the order in which they are taken. */
export const linkMembers = ['image_urls', 'image_url', 'image'] as const;

/** A member that is absent is not looked at, so none of these says that it may be. */
export const submitMembers = {
  model: text,
  prompt: text,
  image_urls: links,
  image_url: links,
  image: links,
  aspect_ratio: text,
  image_size: text,
  size: text,
  seed: z.preprocess(
    fromText,
    integer.min(-(2 ** 31), 'must be at least -2147483648').max(2 ** 31 - 1, 'must be at most 2147483647'),
  ),
  deadline_seconds: z.preprocess(fromText, integer.min(1, 'must be at least 1')),
  metadata: z.preprocess(fromJson, metadataSchema),
  expires_in_seconds: z.preprocess(fromText, integer.min(60, 'must be at least 60')),
  callback_url: text,
  callback_events: eventsSchema,
} as const;

type Member = keyof typeof submitMembers;
export type Values = { [Name in Member]?: z.output<(typeof submitMembers)[Name]> };

/** Members that are read without having an effect: the key was used already, and `oversea` names the vendor's own routes. */
const withoutEffect = new Set(['oversea', 'key']);

/** Whether a field of this name is text, never a picture, whatever type its content is said to have. */
export function isTextMember(name: string): boolean {
  return (
    (Object.hasOwn(submitMembers, name) && submitMembers[name as Member] !== links) || withoutEffect.has(name)
  );
}

/** The values of the members that are known; a member at fault has none. */
export function readMembers(fields: Record<string, unknown>, faults: Fault[], warnings: string[]): Values {
  const values: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (!Object.hasOwn(submitMembers, name)) {
      if (!withoutEffect.has(name)) unknown.push(name);
    } else if (!absent(value)) {
      const parsed = submitMembers[name as Member].safeParse(value);
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
  return (
    name +
    inside.map((part) => (typeof part === 'number' ? `[${part}]` : `.${shorten(String(part))}`)).join('')
  );
}

/** A name that a caller chose, as much of it as an answer may repeat. */
export function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
