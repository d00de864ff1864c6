// The pictures among the members of a body, in each way in which clients write them: lists or one, links with commas between them,
// `data:` URIs, base64, objects. What is a picture becomes its bytes, once each, where it may take its time.

import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { type BoundedJson, parseBoundedJson } from '../../lib/bounded-json.ts';
import { isDataUri, pictureStart, readPictureText, minPictureLength } from '../../lib/data-uri.ts';
import type { Fields } from '../body/body-fields.ts';
import { splitLinks } from './split-links.ts';
import { isLinkMember, isMaskMember, tasksMember } from './submit-names.ts';

/** Entries of a list before they are counted as pictures; the places that clients leave empty are among them. */
export const maxLinks = 100;

export interface DecodeOptions {
  /** Of one picture. */
  maxBytes: number;
  /** Whether the body was a form, in which a plus sign that was not encoded has become a space. */
  isForm?: boolean;
}

interface Decoding extends DecodeOptions {
  /** By their hashes: a picture that stands in a body several times is in memory once. */
  known: Map<string, Uint8Array>;
}

/** Of the body, and of each task of a batch. Equal pictures become the one `Uint8Array`. */
export function decodePictures(fields: Fields, given: DecodeOptions): void {
  const options = { ...given, known: new Map<string, Uint8Array>() };
  decodeMembers(fields, options);
  const tasks = fields[tasksMember];
  if (!Array.isArray(tasks)) return;
  for (const task of tasks as unknown[])
    if (typeof task === 'object' && task !== null) decodeMembers(task as Fields, options);
}

function decodeMembers(fields: Fields, options: Decoding): void {
  for (const name of Object.keys(fields))
    if (isLinkMember(name) || isMaskMember(name)) fields[name] = decodeMember(fields[name], options);
}

function decodeMember(value: unknown, options: Decoding): unknown {
  const list = toList(value);
  if (!Array.isArray(list)) return list;
  if (list.length > maxLinks) return tooManyLinks();
  const links: unknown[] = list.flatMap((each: unknown) =>
    typeof each === 'string' ? splitLinks(each, maxLinks) : [each],
  );
  if (links.length > maxLinks) return tooManyLinks();
  return links.map((link) => (isObject(link) ? decodeObject(link, options) : decodeText(link, options)));
}

const tooManyLinks = () => new Error(`must have at most ${maxLinks} entries`);

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Error);

function decodeText(link: unknown, options: Decoding): unknown {
  if (typeof link !== 'string') return link;
  if (isDataUri(link)) return decodeBytes(link, options);
  const text = link.trim();
  return text.length >= minPictureLength && pictureStart.test(text) ? decodeBytes(text, options) : link;
}

/** Gives the picture in a `data:` URI or in base64, or an `Error` with a sentence on what is wrong with it. */
export function decodeBytes(text: string, { maxBytes, isForm = false, known }: Decoding): Uint8Array | Error {
  const bytes = readPictureText(isForm ? withPluses(text) : text, maxBytes);
  if (typeof bytes === 'string') return new Error(bytes);
  const digest = hash('sha256', bytes);
  const before = known.get(digest);
  if (before === undefined) known.set(digest, bytes);
  return before ?? bytes;
}

const space = 0x20;
const plus = 0x2b;

/** Base64 has no spaces: where a form has one, the client left a plus sign as it was. */
function withPluses(text: string): string {
  const trimmed = text.trim();
  const header = /^data:[^,]{0,1000};\s{0,9}base64\s{0,9},/i.exec(trimmed)?.[0] ?? '';
  if (header === '' && isDataUri(trimmed)) return trimmed;
  const digits = trimmed.slice(header.length).trim();
  if (!digits.includes(' ')) return trimmed;
  const bytes = Buffer.from(digits);
  for (let at = bytes.indexOf(space); at >= 0 && at < bytes.length; at += 1)
    if (bytes[at] === space) bytes[at] = plus;
  return header + bytes.toString();
}

/** Where an object has its picture: of OpenAI, Google, Anthropic and what is written after them. */
const linkMembers = ['url', 'image_url', 'imageUrl', 'uri', 'file_uri', 'fileUri', 'file_url', 'link', 'src'];
const base64Members = ['b64_json', 'base64', 'b64', 'bytesBase64Encoded', 'image_base64', 'data'];
const innerMembers = ['inline_data', 'inlineData', 'file_data', 'fileData', 'source', 'image', 'file'];
const deepest = 4;

function decodeObject(given: Fields, options: Decoding, depth = 1): unknown {
  for (const member of [...linkMembers, ...base64Members, ...innerMembers]) {
    const value = Object.hasOwn(given, member) ? given[member] : undefined;
    if (isObject(value) && depth < deepest) return decodeObject(value, options, depth + 1);
    if (typeof value !== 'string' || value.trim() === '') continue;
    const isBase64 = base64Members.includes(member) && !/^\s*https?:/i.test(value);
    return isBase64 ? decodeBytes(value, options) : decodeText(value, options);
  }
  return new Error('is an object without a picture: send a link, a data: URI, or { "url": … }');
}

/** Multipart and form clients send a list as JSON text or as one value; one picture need not be in a list. */
export function toList(value: unknown): unknown {
  if (isObject(value)) return [value];
  if (typeof value !== 'string') return value;
  if (!/^\s*[[{]/.test(value)) return [value];
  const parsed = parseJsonText(value);
  if ('value' in parsed) return isObject(parsed.value) ? [parsed.value] : parsed.value;
  return parsed.fault === 'members' ? tooManyLinks() : [value];
}

/** Reads a member that is JSON text, as forms send lists and objects; none may have more than this by far. */
export function parseJsonText(text: string): BoundedJson {
  return parseBoundedJson(Buffer.from(text), { maxMembers: 4 * maxLinks, maxDepth: 6 });
}
