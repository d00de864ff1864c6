// Takes out of a colour profile what can't be computed in a moment, for decoders work through all that it says. What is kept
// turns numbers into colours in five steps at the most. A profile may also name any number of steps, in tags of their own
// (`D2B0`): a thousand of them, in a JPEG of 16 KB, kept sharp 0.35.5 busy for nine seconds. Layout: ICC.1:2022, 7.2 and 7.3.

import { Buffer } from 'node:buffer';
import {
  colourProfileKind,
  profileEntryBytes,
  profileHeaderBytes,
  profileTable,
} from '../colours/colour-profile.ts';

/** CMYK's are the largest, with two or three megabytes. */
const maxBytes = 4 * 1024 * 1024;
/** By primaries and curves, or by tables; and what both are measured against. */
const neededTags = /^(?:desc|cprt|wtpt|chad|[rgb]XYZ|[rgbk]TRC|A2B[012])$/;
const plainTypes = /^(?:desc|mluc|text|XYZ |sf32|curv|para|mft1|mft2|mAB )$/;

/** The profile without all else; `undefined` where it says nothing new, or is none, as decoders ignore such. */
export function bareProfile(profile: Uint8Array): Buffer | undefined {
  if (profile.length > maxBytes || colourProfileKind(profile) !== 'other') return undefined;
  const data = Buffer.from(profile.buffer, profile.byteOffset, profile.length);
  const table = profileTable(data);
  if (table === undefined) return undefined;
  /** By their place: several tags often share one, such as the curves of red, green and blue. */
  const contents = new Map<string, { bytes: Buffer; names: string[] }>();
  for (const { name, start, end } of table) {
    if (end > data.length) return undefined;
    if (!neededTags.test(name) || !plainTypes.test(data.toString('latin1', start, start + 4))) continue;
    const content = contents.get(`${start}-${end}`) ?? { bytes: data.subarray(start, end), names: [] };
    content.names.push(name);
    contents.set(`${start}-${end}`, content);
  }
  return writeProfile(data.subarray(0, profileHeaderBytes), [...contents.values()], data.length);
}

/** `undefined` where the contents overlap so that the profile would grow. */
function writeProfile(
  header: Buffer,
  contents: readonly { bytes: Buffer; names: string[] }[],
  most: number,
): Buffer | undefined {
  const entries: Buffer[] = [];
  const bodies: Buffer[] = [];
  const count = contents.reduce((sum, { names }) => sum + names.length, 0);
  let at = profileHeaderBytes + 4 + count * profileEntryBytes;
  for (const { bytes, names } of contents) {
    for (const name of names) entries.push(Buffer.from(name, 'latin1'), uint32(at), uint32(bytes.length));
    // Each begins at a multiple of four.
    const padded = [bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)];
    bodies.push(...padded);
    at += padded.reduce((sum, { length }) => sum + length, 0);
  }
  if (at > most + 4 * contents.length) return undefined;
  const profile = Buffer.concat([header, uint32(count), ...entries, ...bodies]);
  profile.writeUInt32BE(profile.length, 0);
  return profile;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
