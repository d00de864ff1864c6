// Tells the colour profiles that say nothing new (sRGB, which everybody assumes) from those that a picture's colours depend
// on. The numbers decide, and hardly ever the name: "Display P3 Gamut with sRGB Transfer" is what Android writes.
// Layout: ICC.1:2022, 7.2 and 7.3.

import { Buffer } from 'node:buffer';
import { isSrgbCurve, readCurve } from './tone-curve.ts';

/** Names of sRGB by tables (registry.color.org), which numbers would tell by far more work. */
const tableNames = new Set([
  'sRGB v4 ICC preference perceptual intent beta',
  'sRGB_v4_ICC_preference',
  'sRGB_v4_ICC_preference.icc',
]);
/** Names of sRGB with rough curves: the tiny ones of github.com/saucecontrol/Compact-ICC-Profiles, which large sites embed. */
const roughNames = new Set(['c2', 'c2ci', 'uRGB']);
/** Red, green and blue of sRGB beneath the white of profiles, D50, as IEC 61966-2-1 and the adaptation of the ICC have it. */
const srgbPrimaries: readonly [tag: string, x: number, y: number, z: number][] = [
  ['rXYZ', 0.4361, 0.2225, 0.0139],
  ['gXYZ', 0.3851, 0.7169, 0.0971],
  ['bXYZ', 0.1431, 0.0606, 0.7141],
];
/** Difference that comes of rounding. */
const furthest = 0.004;
export const profileHeaderBytes = 128;
export const profileEntryBytes = 12;
const tableStart = profileHeaderBytes + 4;
/** Real ones have up to twenty. */
const maxTags = 100;

/** `broken` where it is no profile, or has neither curves nor tables; decoders ignore such. */
export function colourProfileKind(profile: Uint8Array): 'srgb' | 'other' | 'broken' {
  const data = Buffer.from(profile.buffer, profile.byteOffset, profile.length);
  const tags = data.toString('latin1', 36, 40) === 'acsp' ? readTags(data) : undefined;
  if (tags === undefined) return 'broken';
  const byTables = [...tags.keys()].some((tag) => tag.startsWith('A2B'));
  if (!byTables && !tags.has('rXYZ') && !tags.has('kTRC')) return 'broken';
  const isSrgb = byTables
    ? isNamed(tags, tableNames)
    : tags.has('rXYZ')
      ? isSrgbColour(tags)
      : hasSrgbCurve(tags.get('kTRC'));
  return isSrgb ? 'srgb' : 'other';
}

/** Entries of a profile's table, with the places of their contents; `undefined` where the table is cut off. */
export function profileTable(data: Buffer): { name: string; start: number; end: number }[] | undefined {
  if (data.length < tableStart) return undefined;
  const tags = Math.min(data.readUInt32BE(profileHeaderBytes), maxTags);
  if (tableStart + tags * profileEntryBytes > data.length) return undefined;
  return Array.from({ length: tags }, (_, index) => {
    const at = tableStart + index * profileEntryBytes;
    const start = data.readUInt32BE(at + 4);
    return { name: data.toString('latin1', at, at + 4), start, end: start + data.readUInt32BE(at + 8) };
  });
}

/** By their names, the first of each; `undefined` where the table is cut off. */
function readTags(data: Buffer): Map<string, Buffer> | undefined {
  const table = profileTable(data)?.toReversed();
  return table && new Map(table.map(({ name, start, end }) => [name, data.subarray(start, end)]));
}

function isSrgbColour(tags: ReadonlyMap<string, Buffer>): boolean {
  return (
    srgbPrimaries.every(([tag, ...wanted]) => isNear(tags.get(tag), wanted)) &&
    (['rTRC', 'gTRC', 'bTRC'].every((tag) => hasSrgbCurve(tags.get(tag))) || isNamed(tags, roughNames))
  );
}

function isNamed(tags: ReadonlyMap<string, Buffer>, names: ReadonlySet<string>): boolean {
  return names.has(nameIn(tags.get('desc')));
}

function isNear(tag: Buffer | undefined, wanted: readonly number[]): boolean {
  if (tag === undefined || tag.length < 20 || tag.toString('latin1', 0, 4) !== 'XYZ ') return false;
  return wanted.every(
    (value, index) => Math.abs(tag.readInt32BE(8 + 4 * index) / 65_536 - value) <= furthest,
  );
}

function hasSrgbCurve(tag: Buffer | undefined): boolean {
  const curve = tag && readCurve(tag);
  return curve !== undefined && isSrgbCurve(curve);
}

const maxNameBytes = 200;

/** The first of the names that it gives itself: ASCII in version 2, UTF-16 in version 4. */
function nameIn(tag: Buffer = Buffer.alloc(0)): string {
  const type = tag.toString('latin1', 0, 4);
  if (type === 'desc' && tag.length >= 12)
    return withoutEnd(tag.toString('latin1', 12, 12 + Math.min(tag.readUInt32BE(8), maxNameBytes)));
  if (type !== 'mluc' || tag.length < 28) return '';
  const start = tag.readUInt32BE(24);
  const text = tag.subarray(start, start + Math.min(tag.readUInt32BE(20), 2 * maxNameBytes));
  return withoutEnd(new TextDecoder('utf-16be').decode(text));
}

function withoutEnd(text: string): string {
  return (text.split('\0')[0] ?? '').trim();
}
