// Finds the pictures in an answer of status 200. OpenAI has base64 in `data`; compatible servers have that, or links, or both for the
// same picture, and the base64 is then taken; or the events of a stream, also where nobody asked for one, or other names for the same thing.

import { z } from 'zod';
import { isDataUri } from '../../lib/data-uri.ts';
import { inlinePicture, pictureBytes } from '../results/inline-picture.ts';
import type { InlinePicture } from '../results/inline-picture.ts';
import { maxPictures } from '../results/linked-pictures.ts';
import { isMembers } from '../answers/members.ts';
import { findPictures } from '../results/result-links.ts';
import { tokenCount } from '../token-counts.ts';

/** A stream of one picture has fewer events. */
const maxEvents = 1_000;
/** Base64 in the place of a link is longer than any link; shorter text is one, perhaps a relative one. */
const maxLinkLength = 8_192;

const given = inlinePicture.optional().catch(undefined);
const details = z.object({ image_tokens: tokenCount }).optional().catch(undefined);
const usageBody = z.object({
  input_tokens: tokenCount,
  input_tokens_details: details,
  output_tokens: tokenCount,
  output_tokens_details: details,
  total_tokens: tokenCount,
});
const entryBody = z.looseObject({ b64_json: given, url: given });
const answerBody = z.looseObject({
  ...entryBody.shape,
  type: z.string().catch(''),
  data: z.unknown().optional(),
  usage: usageBody.optional().catch(undefined),
});
type Entry = z.infer<typeof entryBody>;
type Body = z.infer<typeof answerBody>;
type Given = Uint8Array | string | null;

/** Members that stand in an answer, and in an entry of its list, beside pictures. */
const aroundPictures: ReadonlySet<string> = new Set(
  'type data usage created background output_format quality size model id object b64_json url'.split(' '),
);
const besidePicture: ReadonlySet<string> = new Set(
  'b64_json url revised_prompt respect_moderation index seed finish_reason object size quality'.split(' '),
);

export type CountedTokens = z.infer<typeof usageBody>;

export interface AnswerBody {
  /** In the order of the answer: the bytes, the link to them, or `null` where the base64 is damaged. */
  pictures: Given[];
  /** How many there are: those beyond `maxPictures` are not read. */
  promised: number;
  usage: CountedTokens | undefined;
  /** Whether the server kept a picture back for what it shows. */
  withheld: boolean;
  /** Whether something that nobody knows how to read may be a picture. */
  mayHoldOne: boolean;
}

/** Reads a body; `undefined` for one that is no answer. */
export function readBody(json: unknown): AnswerBody | undefined {
  const events = [json].flat().filter(isMembers);
  if (events.length === 0 && !(json instanceof Uint8Array)) return undefined;
  // The others are partial images, which come before the picture.
  const others = events.filter((each) => !isPartial(each)).slice(0, maxEvents);
  const finished = others.flatMap((each) => answerBody.safeParse(each).data ?? []);
  const entries = finished.flatMap(entriesOf);
  const known = entries.filter(({ b64_json, url }) => isThere(b64_json) || isThere(url));
  const found = known.length > 0 ? undefined : findPictures(events.length > 0 ? finished : json);
  const all = found?.links.slice(0, maxPictures).map(readLink) ?? known.slice(0, maxPictures).map(readEntry);
  // The last events of a stream may hold the same picture.
  const pictures = finished.length > 1 ? withoutCopies(all) : all;
  const isUnderstood =
    finished.length > 0 &&
    finished.every((each) => holdsOnly(each, aroundPictures)) &&
    entries.every((each) => holdsOnly(each, besidePicture));
  return {
    pictures,
    promised: (found?.promised ?? known.length) - (all.length - pictures.length),
    usage: finished.findLast(({ usage }) => usage !== undefined)?.usage,
    withheld: (found?.withheld ?? 0) > 0 || entries.some((each) => each['respect_moderation'] === false),
    mayHoldOne: !isUnderstood || found?.unknown === true,
  };
}

/** Whether an answer has partial images: work that its server has done, and may charge for. */
export function holdsPartialImage(json: unknown): boolean {
  return [json].flat().some((each) => isMembers(each) && isPartial(each));
}

function isPartial({ type }: Readonly<Record<string, unknown>>): boolean {
  return typeof type === 'string' && type.includes('partial');
}

/** Entries of the list, and the members that an event of a stream has itself. */
function entriesOf({ data, b64_json, url }: Body): Entry[] {
  const list: readonly unknown[] = Array.isArray(data) ? data : [data];
  return [{ b64_json, url }, ...list].flatMap((each): Entry[] => {
    if (typeof each === 'string') return [{ url: each }];
    const read = entryBody.safeParse(isMembers(each) ? each : { b64_json: each });
    return read.success ? [read.data] : [];
  });
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function holdsOnly(members: object, names: ReadonlySet<string>): boolean {
  return Object.entries(members).every(([name, value]) => names.has(name) || !isThere(value));
}

/** The base64, unless it is damaged and there is a link to the same picture. */
function readEntry({ b64_json: base64, url }: Entry): Given {
  const inline = base64 === undefined || base64 === '' ? null : readBase64(base64);
  return inline ?? (url === undefined || url === '' ? null : readLink(url));
}

function readBase64(base64: InlinePicture): Given {
  return typeof base64 === 'string' && /^\s{0,99}https?:/i.test(base64)
    ? base64.trim()
    : pictureBytes(base64);
}

function readLink(link: InlinePicture): Given {
  if (typeof link !== 'string' || isDataUri(link)) return pictureBytes(link);
  return link.length > maxLinkLength ? (pictureBytes(link) ?? link) : link;
}

function withoutCopies(pictures: readonly Given[]): Given[] {
  return pictures.filter((each, index) => {
    const first = pictures.findIndex((other) => isSame(each, other));
    return each === null || first === index;
  });
}

function isSame(one: Given, other: Given): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  return one === other;
}
