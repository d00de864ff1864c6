// The members of a submit that are known: how each is written by the clients that were seen, and what it must be.

import * as z from 'zod';
import type { Fault } from '../../core/errors.ts';
import { maxPictures } from '../../core/tasks/task.ts';
import { maxPriority } from '../../core/keys/keys.ts';
import { type EndpointEvent, webhookEvents } from '../../core/webhooks/webhook.ts';
import { fieldPath, type Fields } from '../body/body-fields.ts';
import { readMember } from '../route/members.ts';
import { fromDigits } from '../route/number-members.ts';
import { absent, nameMembers } from './member-names.ts';
import { maxLinks, parseJsonText, toList } from './picture-members.ts';
import { isOptionMember, optionMembers, readOption } from './option-members.ts';
import { isLinkMember, isMaskMember, shorten, type textMembers, withoutEffect } from './submit-names.ts';

/** Unknown members that a warning names; the rest are counted. */
const maxNamed = 20;

const text = z.string('must be a string');
const integer = z.int('must be a whole number');
type Refinement = Parameters<Parameters<typeof z.preprocess>[0]>[1];

/** Counted before any entry is looked at: each may have a fault of its own. */
const listUpTo = (most: number) => (value: unknown, context: Refinement) => {
  const list = toList(value);
  if (!Array.isArray(list) || list.length <= most) return list;
  context.addIssue({ code: 'custom', message: `must have at most ${most} entries` });
  return z.NEVER;
};

/** Entries are looked at one by one, elsewhere, so that one bad entry hides no other. */
const links = z.preprocess(listUpTo(maxLinks), z.array(z.unknown(), 'must be a list of links').max(maxLinks));

const maxEvents = 20;
/** Events that are wanted of some, each once. */
export function eventsSchemaOf<Event extends EndpointEvent>(known: readonly Event[]) {
  return z.preprocess(
    listUpTo(maxEvents),
    z
      .array(z.enum(known, `must be one of ${known.join(', ')}`), 'must be a list of events')
      .min(1, 'must name at least one event')
      .max(maxEvents)
      .transform((events) => [...new Set(events)]),
  );
}

const eventsSchema = eventsSchemaOf(webhookEvents);

const maxMetadata = 50;
const maxMetadataLength = 512;
const tooLongMetadata = `must have at most ${maxMetadataLength} characters`;
/** Texts that the caller keeps beside a task. Names are plain enough to stand in a query string as they are. */
const metadataSchema = z.preprocess(
  (given, context) => {
    const value = fromJson(given);
    const isTooMuch = value instanceof Error || Object.keys(value ?? {}).length > maxMetadata;
    if (!isTooMuch) return value;
    context.addIssue({ code: 'custom', message: `must have at most ${maxMetadata} members` });
    return z.NEVER;
  },
  z.record(
    z.string().regex(/^[\w.-]{1,64}$/, 'names have 1 to 64 letters, digits, _, - or .'),
    z
      .string({ error: ({ input }) => (input instanceof Error ? tooLongMetadata : 'must be a string') })
      .max(maxMetadataLength, tooLongMetadata),
    'must be an object of strings',
  ),
);

/** Forms send an object as JSON text; an `Error` is one that has far too much. */
function fromJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const parsed = parseJsonText(value);
  if ('value' in parsed) return parsed.value;
  return parsed.fault === 'members' ? new Error('too much') : value;
}

/** A member that is absent is not looked at, so none of these says that it may be. */
export const submitMembers = {
  model: text,
  prompt: text,
  image_urls: links,
  aspect_ratio: text,
  image_size: text,
  size: text,
  seed: z.preprocess(
    fromDigits,
    integer.min(-(2 ** 31), 'must be at least -2147483648').max(2 ** 31 - 1, 'must be at most 2147483647'),
  ),
  count: z.preprocess(
    fromDigits,
    integer.min(1, 'must be at least 1').max(maxPictures, `must be at most ${maxPictures}`),
  ),
  ...optionMembers,
  mask: links,
  priority: z.preprocess(
    fromDigits,
    integer.min(0, 'must be at least 0').max(maxPriority, `must be at most ${maxPriority}`),
  ),
  deadline_seconds: z.preprocess(fromDigits, integer.min(1, 'must be at least 1')),
  metadata: metadataSchema,
  expires_in_seconds: z.preprocess(fromDigits, integer.min(60, 'must be at least 60')),
  callback_url: text,
  callback_events: eventsSchema,
} as const satisfies Record<(typeof textMembers)[number] | 'image_urls' | 'mask', z.ZodType>;

type Member = keyof typeof submitMembers;
type PlainMember = Exclude<Member, 'image_urls' | 'mask'>;
export type Values = { [Name in PlainMember]?: z.output<(typeof submitMembers)[Name]> } & {
  /** The entries of each member that has pictures, by its name. */
  pictures: ReadonlyMap<string, readonly unknown[]>;
  /** Entries of each member that has a mask, by its name. */
  masks: ReadonlyMap<string, readonly unknown[]>;
  /** The names of members that came under another than their own. */
  sentAs: ReadonlyMap<string, string>;
};

/** A member as the client calls it. */
export const sentName = ({ sentAs }: Pick<Values, 'sentAs'>, member: Member): string =>
  sentAs.get(member) ?? member;

/** The values of the members that are known; a member at fault has none, such as one that is an `Error` already. */
export function readMembers(given: Fields, faults: Fault[], warnings: string[]): Values {
  const values: Record<string, unknown> = {};
  const pictures = new Map<string, readonly unknown[]>();
  const masks = new Map<string, readonly unknown[]>();
  const unknown: string[] = [];
  const { fields, sentAs } = nameMembers(given, warnings);
  const read = (path: string, schema: z.ZodType, value: unknown) =>
    readMember(schema, value, (message, inside) =>
      faults.push({ path: fieldPath([path, ...inside]), message }),
    );
  for (const [name, value] of Object.entries(fields)) {
    const path = sentAs.get(name) ?? name;
    const places = isLinkMember(name) ? pictures : isMaskMember(name) ? masks : undefined;
    if (places === undefined && !Object.hasOwn(submitMembers, name)) {
      if (!withoutEffect.has(name)) unknown.push(name);
    } else if (value instanceof Error) faults.push({ path, message: value.message });
    else if (absent(value)) continue;
    else if (places !== undefined) places.set(name, (read(name, links, value) ?? []) as unknown[]);
    else if (isOptionMember(name)) values[name] = readOption(name, value, warnings);
    else values[name] = read(path, submitMembers[name as Member], value);
  }
  for (const name of unknown.slice(0, maxNamed))
    warnings.push(`${JSON.stringify(shorten(name))}: not known here, ignored`);
  if (unknown.length > maxNamed)
    warnings.push(`${unknown.length - maxNamed} more members: not known here, ignored`);
  return { ...values, pictures, masks, sentAs };
}
