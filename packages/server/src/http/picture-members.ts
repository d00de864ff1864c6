// The pictures among the members of a body: `data:` URIs become their bytes, once each, where it may take its time.

import { Buffer } from 'node:buffer';
import { type BoundedJson, parseBoundedJson } from '../lib/bounded-json.ts';
import { isDataUri, parseDataUri } from '../lib/data-uri.ts';
import type { Fields } from './body-fields.ts';
import { linkMembers, tasksMember } from './submit-names.ts';

/** Entries of a list before they are counted as pictures; the places that clients leave empty are among them. */
export const mostLinks = 100;

/** Of the body, and of each task of a batch. */
export function decodePictures(fields: Fields, maxBytes: number): void {
  decodeMembers(fields, maxBytes);
  const tasks = fields[tasksMember];
  if (!Array.isArray(tasks)) return;
  for (const task of tasks as unknown[])
    if (typeof task === 'object' && task !== null) decodeMembers(task as Fields, maxBytes);
}

function decodeMembers(fields: Fields, maxBytes: number): void {
  for (const name of linkMembers) {
    if (!Object.hasOwn(fields, name)) continue;
    const links = toList(fields[name]);
    if (!Array.isArray(links)) fields[name] = links;
    else if (links.length > mostLinks) fields[name] = tooManyLinks();
    else fields[name] = links.map((link: unknown) => decodeLink(link, maxBytes));
  }
}

const tooManyLinks = () => new Error(`must have at most ${mostLinks} entries`);

function decodeLink(link: unknown, maxBytes: number): unknown {
  if (typeof link !== 'string' || !isDataUri(link)) return link;
  const bytes = parseDataUri(link, maxBytes);
  return typeof bytes === 'string' ? new Error(bytes) : bytes;
}

/** Multipart and form clients send a list as JSON text or as one value. */
export function toList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (!/^\s*\[/.test(value)) return [value];
  const parsed = parseJsonText(value);
  if ('value' in parsed) return parsed.value;
  return parsed.fault === 'members' ? tooManyLinks() : [value];
}

/** Reads a member that is JSON text, as forms send lists and objects; none may have more than this by far. */
export function parseJsonText(text: string): BoundedJson {
  return parseBoundedJson(Buffer.from(text), { maxMembers: 2 * mostLinks, maxDepth: 4 });
}
