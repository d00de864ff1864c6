// Finds the pictures in the result of an operation, wherever its server puts them: each has names of its own for the same thing, and a
// result that is there is paid for. Every value is looked at once, to a depth and a number that no result needs.

import { Buffer } from 'node:buffer';
import { isDataUri, pictureStart, minPictureLength } from '../../lib/data-uri.ts';
import { parseJson } from '../answers/answer-json.ts';
import { pictureFile } from './inline-picture.ts';
import type { InlinePicture } from './inline-picture.ts';
import { plainName } from '../failures/plain-name.ts';
import { takePictures } from './pictures-in-text.ts';

const deepest = 8;
const maxValues = 100_000;
const maxSigns = 4;
/** In one text. */
const maxLinks = 100;

export interface ResultPictures {
  /** Links as they stand there, perhaps relative; `data:` URIs; bytes. */
  links: InlinePicture[];
  /** How many pictures the result speaks of: those without a link and those withheld as well. */
  promised: number;
  /** How many the server's own filter found unsafe. They are none of the links. */
  withheld: number;
  /** Whether something that nobody knows how to fetch stands where a picture should. */
  unknown: boolean;
}

/** Something that stands where a picture should. */
interface Entry {
  link?: InlinePicture;
  unsafe?: true;
  unknown?: true;
}

/**
 * Kind of thing under a name: a `picture`, in any form; a `link` or `base64`, whatever it looks like; the result itself, `inside`
 * which the pictures are; or anything, of which only what is plainly a picture counts.
 */
type Role = 'picture' | 'link' | 'base64' | 'inside' | 'anything';

// The names are looked at in small letters and digits alone.

/** Names of what was sent or is told besides. */
const notTheResult =
  /input|request|prompt|param|mask|reference|source|thumb|preview|avatar|callback|webhook|status|cancel|stream|log|error|doc|help/;

/** The first row in which there is a picture holds: the same one often stands under several names. */
const roles: readonly (readonly [RegExp, Role])[] = [
  [/^(?:generated|output|result|final)?(?:images|pictures|photos|imgs)$/, 'picture'],
  [/^(?:outputs?|results?)(?:json|info|data)?$/, 'inside'],
  [/(?:image|picture|photo|img)$/, 'picture'],
  [/(?:urls?|uris?|links?|href|src)$/, 'link'],
  [/b64|base64|inlinedata/, 'base64'],
  [
    /^(?:data|payload|response|content|files?|artifacts|assets|generations|items|media|info|body|task)$/,
    'inside',
  ],
];

/** Names of what is told of a picture and is none. */
const descriptor = /type|name|format|width|height|size|index|seed|text|description|caption|nsfw|safe/;

/** fal's `has_nsfw_concepts`, a list beside that of the pictures, and what others call it, there or in each picture. */
const unsafeSign = /^(?:has|is)?nsfw(?:concepts?|contentdetected|content|detected)?$/;

/** `value` is of JSON, and without what the server repeats of the request where that can be told. */
export function findPictures(value: unknown): ResultPictures {
  const entries = createSearch()(value, 'inside', 0);
  const safe = entries.filter(({ unsafe }) => unsafe !== true);
  return {
    links: safe.map(({ link }) => link).filter((link) => link !== undefined),
    promised: entries.length,
    withheld: entries.length - safe.length,
    unknown: safe.some(({ unknown }) => unknown === true),
  };
}

/** Whether a result shows no sign of a picture. */
export function holdsNone({ links, withheld, unknown }: ResultPictures): boolean {
  return links.length === 0 && withheld === 0 && !unknown;
}

type Search = (value: unknown, role: Role, depth: number) => Entry[];

function createSearch(): Search {
  let values = 0;
  const search: Search = (value, role, depth) => {
    values += 1;
    if (values > maxValues || depth > deepest) return [];
    if (value instanceof Uint8Array) return [{ link: value }];
    if (typeof value === 'string') {
      const text = value.trim();
      return /^[[{]/.test(text)
        ? search(parseJson(Buffer.from(text)), role, depth + 1)
        : entriesOf(text, role);
    }
    const list = listIn(value);
    if (list !== null) return list.flatMap((each) => inList(search(each, role, depth + 1), role));
    return typeof value === 'object' && value !== null ? inObject(value, role, depth, search) : [];
  };
  return search;
}

/** A list, also one that PHP wrote as an object because a number was missing. */
function listIn(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return null;
  const names = Object.keys(value);
  return names.length > 0 && names.every((name) => /^\d{1,6}$/.test(name)) ? Object.values(value) : null;
}

/** An entry of a list of pictures counts as one, whatever it is. */
function inList(entries: Entry[], role: Role): Entry[] {
  return entries.length === 0 && role === 'picture' ? [{}] : entries;
}

function inObject(object: object, role: Role, depth: number, search: Search): Entry[] {
  const members = Object.entries(object).map(([name, value]) => ({
    name: plainName(name),
    value: value as unknown,
  }));
  const rest = new Set(members.filter(({ name }) => !notTheResult.test(name)));
  let found: Entry[] = [];
  let done = false;
  const look = (fits: (name: string) => boolean, inner: Role) => {
    for (const member of rest) {
      if (done) return;
      if (!fits(member.name)) continue;
      rest.delete(member);
      const entries = search(member.value, inner, depth + 1);
      done = entries.some(({ link, unsafe }) => link !== undefined || unsafe === true);
      if (done || found.length === 0) found = entries;
    }
  };
  const sure = role !== 'anything';
  for (const [pattern, inner] of roles)
    look((name) => pattern.test(name), sure || inner === 'picture' ? inner : 'anything');
  look((name) => !descriptor.test(name), role === 'picture' ? 'picture' : 'anything');
  const signs = members.filter(({ name }) => unsafeSign.test(name)).slice(0, maxSigns);
  return signs.reduce<Entry[]>((entries, { value }) => withSign(entries, value), found);
}

/** The entries, those marked that the sign is for: one sign for all of them, or a list with one for each. */
function withSign(entries: Entry[], sign: unknown): Entry[] {
  const signs: readonly unknown[] | undefined = Array.isArray(sign) ? sign : undefined;
  // Nothing is left of what was withheld.
  if (entries.length === 0)
    return [sign]
      .flat()
      .filter(isYes)
      .map(() => ({ unsafe: true }));
  return entries.map((entry, at) =>
    isYes(signs === undefined ? sign : signs[at]) ? { unsafe: true } : entry,
  );
}

function isYes(sign: unknown): boolean {
  return sign === true || sign === 1 || sign === 'true';
}

function entriesOf(text: string, role: Role): Entry[] {
  const plain = linksIn(text, role);
  const inWords = plain.length === 0 && (role === 'picture' || role === 'inside' || hasMarkup(text));
  const links = inWords ? takePictures(text).pictures : plain;
  if (links.length > 0) return links.map((link) => ({ link }));
  return role === 'picture' && isOneWord(text) ? [{ unknown: true }] : [];
}

/** Whether words show a picture, and do not only speak of its address. */
function hasMarkup(text: string): boolean {
  return /!\[|<img\b|data:image\//i.test(text);
}

function linksIn(text: string, role: Role): string[] {
  const sure = role !== 'anything';
  if (isDataUri(text)) return sure || /^data:image\//i.test(text) ? [text] : [];
  if (/^https?:\/\//i.test(text))
    return sure || (pictureFile.test(text) && isOneWord(text))
      ? text.split(/[\s,](?=https?:\/\/)/i, maxLinks)
      : [];
  if (role === 'base64' || (text.length >= minPictureLength && pictureStart.test(text)))
    return text === '' ? [] : [`data:;base64,${text}`];
  const relative = role === 'link' || (sure && (text.startsWith('/') || pictureFile.test(text)));
  // Names of files may have blanks.
  return relative && (isOneWord(text) || pictureFile.test(text)) ? [text] : [];
}

function isOneWord(text: string): boolean {
  return text !== '' && !/\s/.test(text);
}
