// Reads what a PNG says of its colours (www.w3.org/TR/png-3, 11.3.2), in up to five chunks, of which the first of this order counts:
// `cICP`, `iCCP`, `sRGB`, then `gAMA` and `cHRM` together.

import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { bareProfile } from '../bare/bare-profile.ts';
import { coloursOf, type NamedColours } from './code-points.ts';
import { type Chromaticity, colourProfile, greyProfile } from './make-profile.ts';
import { srgbCurve, type ToneCurve } from './tone-curve.ts';

const unpack = promisify(inflate);
const maxProfileBytes = 4 * 1024 * 1024;

/** How many bytes each has: with more, or fewer, it says nothing. */
const bytesOf: ReadonlyMap<string, number> = new Map([
  ['cICP', 4],
  ['sRGB', 1],
  ['gAMA', 4],
  ['cHRM', 32],
]);

/** The chunks that stand before the rows, by their types; the first of each counts. */
export type PngColourChunks = Map<string, Buffer>;

/** Whether the chunk says something of the colours; it is noted where it is sound. */
export function noteColours(chunks: PngColourChunks, type: string, data: Buffer): boolean {
  const bytes = bytesOf.get(type);
  if (bytes === undefined && type !== 'iCCP') return false;
  if (!chunks.has(type) && data.length === (bytes ?? data.length)) chunks.set(type, data);
  return true;
}

/** The profile is undefined for sRGB, which is also what nothing at all means. `grey` is for pictures without colours. */
export async function pngColours(chunks: PngColourChunks, grey: boolean): Promise<NamedColours> {
  const cicp = chunks.get('cICP');
  const colours = cicp ? coloursIn(cicp, grey) : await coloursOfChunks(chunks, grey);
  return { ...colours, profile: colours.profile && bareProfile(colours.profile) };
}

function coloursIn(cicp: Buffer, grey: boolean): NamedColours {
  const [primaries = 0, transfer = 0, matrix = 0, fullRange] = cicp;
  return coloursOf({ primaries, transfer, matrix }, { grey, narrow: fullRange === 0 });
}

async function coloursOfChunks(chunks: PngColourChunks, grey: boolean): Promise<NamedColours> {
  const packed = chunks.get('iCCP');
  const profile = packed && (await readProfile(packed));
  if (profile || chunks.has('sRGB')) return { profile };
  const [gamma, chromaticities] = [chunks.get('gAMA'), chunks.get('cHRM')];
  if (gamma === undefined && chromaticities === undefined) return { profile };
  const curve = gamma ? curveOf(gamma.readUInt32BE(0)) : srgbCurve;
  if (grey) return { profile: greyProfile(curve) };
  const [white, red, green, blue] = chromaticities ? pairsIn(chromaticities) : srgbPairs;
  if (!white || !red || !green || !blue) return { profile: undefined };
  return { profile: colourProfile({ white, red, green, blue }, curve) };
}

const unit = 100_000;
/** Of sRGB, 1/2.2 is what everybody writes who means its curve. */
const [leastOfSrgb, mostOfSrgb] = [0.43, 0.48];

function curveOf(gamma: number): ToneCurve {
  const exponent = gamma / unit;
  if (exponent >= leastOfSrgb && exponent <= mostOfSrgb) return srgbCurve;
  // An exponent that no screen ever had is a mistake.
  return exponent < 0.2 || exponent > 2 ? srgbCurve : (value) => value ** (1 / exponent);
}

const srgbPairs: readonly Chromaticity[] = [
  [0.3127, 0.329],
  [0.64, 0.33],
  [0.3, 0.6],
  [0.15, 0.06],
];

function pairsIn(chromaticities: Buffer): Chromaticity[] {
  const number = (place: number) => chromaticities.readUInt32BE(place * 4) / unit;
  return [0, 2, 4, 6].map((place) => [number(place), number(place + 1)]);
}

/** A name, a zero, the method, and the profile, packed; `undefined` where it can't be read. */
async function readProfile(chunk: Buffer): Promise<Buffer | undefined> {
  const nameEnd = chunk.indexOf(0);
  if (nameEnd === -1) return undefined;
  try {
    return await unpack(chunk.subarray(nameEnd + 2), { maxOutputLength: maxProfileBytes });
  } catch {
    // Too large, or not packed as it should be: decoders go on without it, too.
    return undefined;
  }
}
