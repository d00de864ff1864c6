// Walks through the chunks of a PNG (www.w3.org/TR/png-3, section 5) and keeps those that say what the picture looks like.
// An APNG keeps its first picture, which is what the decoder reads.

import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import { inputFailure } from '../../core/errors.ts';
import { joinBytes } from '../../lib/join-bytes.ts';
import { exifOrientation } from '../formats/exif-orientation.ts';
import {
  type BarePicture,
  createBreather,
  createFileParts,
  createPartCounter,
  soundMeasures,
} from './file-parts.ts';
import type { Measures } from '../fit-inside.ts';
import { damagedPicture } from '../formats/picture-type.ts';
import { noteColours, type PngColourChunks, pngColours } from '../colours/png-colours.ts';

const pack = promisify(deflate);
/** Chunks that are kept, with the most bytes of each: the critical ones, and transparency. */
const maxBytes: Readonly<Record<string, number>> = {
  IHDR: 13,
  PLTE: 768,
  IDAT: Infinity,
  IEND: 0,
  tRNS: 256,
};
/** By the kind of colour: grey, colour, palette. Pictures with transparency of their own have no such chunk. */
const transparencyBytes = new Map([
  [0, 2],
  [2, 6],
]);
const paletteColour = 3;
const signatureEnd = 8;
/** Of the first chunk. */
export const headerEnd = 33;

/**
 * A file whose last bytes are missing, those that say no more than that it ends, gets them. Throws `TaskError`
 * (`input_unreachable`) where any other chunk is cut off.
 */
export async function barePng(bytes: Uint8Array): Promise<BarePicture> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts = createFileParts(bytes);
  let animated = false;
  let turned: number | undefined;
  const colours: PngColourChunks = new Map();
  let hasRows = false;
  parts.keep(0, signatureEnd);
  for await (const chunk of pngChunks(data)) {
    const { type } = chunk;
    hasRows ||= type === 'IDAT';
    if (chunk.end > data.length) parts.add(endChunk);
    else if (isKept(chunk, data[25])) parts.keep(chunk.start, chunk.end);
    else if (type === 'acTL') animated = true;
    else if (type === 'eXIf') turned ??= exifOrientation(chunk.data);
    else if (!hasRows && noteColours(colours, type, chunk.data)) continue;
    // A small letter says that the picture can be understood without the chunk.
    else if (!/^[a-z]/.test(type)) throw damagedPicture('png');
  }
  const bare = await parts.finish();
  const found = { orientation: turned ?? 1, animated, lossy: false, measures: headerMeasures(data) };
  const isGrey = data[25] === 0 || data[25] === 4;
  const { profile, ...named } = await pngColours(colours, isGrey);
  if (profile === undefined) return { bytes: bare, ...found, ...named, recode: data[24] === 16 };
  // The decoder needs a profile that changes the colours; it is put in for it, and never goes upstream.
  const chunk = pngChunk('iCCP', Buffer.from('icc\0\0'), await pack(profile));
  const withProfile = await joinBytes([bare.subarray(0, headerEnd), ...chunk, bare.subarray(headerEnd)]);
  return { bytes: withProfile, ...found, ...named, recode: true };
}

/** Width and height in the first chunk, where its checksum is that of its data. */
function headerMeasures(data: Buffer): Measures | undefined {
  const checksumAt = headerEnd - 4;
  if (crc32(data.subarray(signatureEnd + 4, checksumAt)) !== data.readUInt32BE(checksumAt)) return undefined;
  return soundMeasures({ width: data.readUInt32BE(16), height: data.readUInt32BE(20) });
}

function isKept({ type, data }: Chunk, colour: number | undefined): boolean {
  if (data.length > (maxBytes[type] ?? -1)) return false;
  return type !== 'tRNS' || colour === paletteColour || data.length === transparencyBytes.get(colour ?? -1);
}

interface Chunk {
  type: string;
  start: number;
  data: Buffer;
  end: number;
}

/**
 * From the first to the last, IEND, which ends behind the file where that is cut off. Throws `TaskError`
 * (`input_unreachable`) as `barePng` does.
 */
export async function* pngChunks(data: Buffer): AsyncGenerator<Chunk> {
  const countPart = createPartCounter('png');
  const breathe = createBreather();
  let hasRows = false;
  for (let [at, type] = [signatureEnd, '']; type !== 'IEND';) {
    countPart();
    const pause = breathe();
    if (pause) await pause;
    const chunk = hasRows && data.length - at < endChunk.length ? cutEnd(data, at) : chunkAt(data, at);
    ({ type, end: at } = chunk);
    hasRows ||= type === 'IDAT';
    yield chunk;
  }
}

/** Its rows lack what marks them as packed, and have their colours in another order. */
function packedForApps(): Error {
  return inputFailure(
    'The PNG picture was packed into an app for iPhones (CgBI), which other programs can not read. Send the picture that it was made of.',
    { whatCame: 'a PNG that was packed into an app' },
  );
}

const endChunk = Buffer.from('\0\0\0\0IEND\xaeB`\x82', 'latin1');

/** The beginning of IEND, or nothing at all. */
function cutEnd(data: Buffer, start: number): Chunk {
  const rest = data.subarray(start);
  if (!endChunk.subarray(0, rest.length).equals(rest)) throw damagedPicture('png');
  return { type: 'IEND', start, data: data.subarray(data.length), end: start + endChunk.length };
}

/** Length, type, data, checksum; the last is left to the decoder. */
function chunkAt(data: Buffer, start: number): Chunk {
  const length = start + 12 <= data.length ? data.readUInt32BE(start) : Infinity;
  const end = start + 12 + length;
  if (end > data.length) throw damagedPicture('png');
  const type = data.toString('latin1', start + 4, start + 8);
  if (start === signatureEnd && type === 'CgBI') throw packedForApps();
  if ((start === signatureEnd) !== (type === 'IHDR')) throw damagedPicture('png');
  return { type, start, data: data.subarray(start + 8, end - 4), end };
}

/** The parts of a chunk: its length, type and data, its checksum. */
export function pngChunk(type: string, ...data: readonly Buffer[]): Buffer[] {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length - 4);
  checksum.writeUInt32BE(crc32(body));
  return [length, body, checksum];
}
