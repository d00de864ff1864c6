// Walks through the chunks of a WebP (RFC 9649, section 2) and keeps the first picture, its transparency, and the profile
// where it changes the colours. Of an animation the first frame stays, in its canvas.

import { Buffer } from 'node:buffer';
import { bareProfile } from './bare-profile.ts';
import { exifOrientation } from '../formats/exif-orientation.ts';
import { joinBytes } from '../../lib/join-bytes.ts';
import { type BarePicture, collect, createBreather, createPartCounter } from './file-parts.ts';
import { damagedPicture } from '../formats/picture-type.ts';

const riffHeader = 12;
/** Bits of the first byte of VP8X: a profile, transparency, EXIF data and XMP are there. */
export const webpFlags = { profile: 0x20, alpha: 0x10, exif: 0x08, xmp: 0x04 };

interface Chunk {
  type: string;
  /** With type and length. */
  whole: Buffer;
  data: Buffer;
  /** Behind the padding. */
  end: number;
}

interface Findings {
  /** In the file's order. */
  kept: Chunk[];
  profile: Chunk | undefined;
  orientation: number | undefined;
  /** `undefined` until the first picture was found. */
  picture: Chunk | undefined;
  animated: boolean;
}

/** Throws `TaskError` (`input_unreachable`) where a chunk is cut off or there is no picture. */
export async function bareWebp(bytes: Uint8Array): Promise<BarePicture> {
  const file = webpFile(bytes);
  const { kept, profile, orientation = 1, picture, animated } = await walk(file);
  if (!picture) throw damagedPicture('webp');
  const colours = profile && bareProfile(profile.data);
  const recoloured = colours !== undefined;
  const left = recoloured ? kept : kept.filter((chunk) => chunk !== profile);
  const chunks = await Promise.all(left.map((chunk) => cleaned(chunk, colours)));
  return {
    bytes: isAllOf(bytes, left, chunks) ? bytes : await joinWebp(chunks),
    orientation,
    animated,
    lossy: picture.type === 'VP8 ',
    recode: recoloured || picture.type === 'ANMF',
  };
}

async function walk(file: Buffer): Promise<Findings> {
  const findings: Findings = {
    kept: [],
    profile: undefined,
    orientation: undefined,
    picture: undefined,
    animated: false,
  };
  for await (const chunk of webpChunks(file)) sortIn(chunk, findings);
  return findings;
}

/** The file without what stands behind the end that its header names. Throws `TaskError` as `bareWebp` does. */
export function webpFile(bytes: Uint8Array): Buffer {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const fileEnd = file.length < riffHeader ? Infinity : 8 + file.readUInt32LE(4);
  // Only the last byte of padding may be missing.
  if (fileEnd > file.length + 1) throw damagedPicture('webp');
  return file.subarray(0, fileEnd);
}

/** The chunks from a place on. Throws `TaskError` (`input_unreachable`) as `bareWebp` does. */
export async function* webpChunks(file: Buffer, from = riffHeader): AsyncGenerator<Chunk> {
  const countPart = createPartCounter('webp');
  const breathe = createBreather();
  for (let at = from; at < file.length;) {
    countPart();
    const pause = breathe();
    if (pause) await pause;
    const chunk = chunkAt(file, at);
    yield chunk;
    at = chunk.end;
  }
}

/** A chunk of odd length is followed by a byte of padding, which may be missing at the end of the file. */
function chunkAt(data: Buffer, start: number): Chunk {
  const length = start + 8 <= data.length ? data.readUInt32LE(start + 4) : Infinity;
  const end = start + 8 + length;
  if (end > data.length) throw damagedPicture('webp');
  return {
    type: data.toString('latin1', start, start + 4),
    whole: data.subarray(start, end),
    data: data.subarray(start + 8, end),
    end: end + (length % 2),
  };
}

function sortIn(chunk: Chunk, findings: Findings): void {
  const { type, data } = chunk;
  const { kept, picture } = findings;
  if (type === 'EXIF') findings.orientation ??= webpOrientation(data);
  if (picture) {
    findings.animated ||= type === 'ANMF' && picture.type === 'ANMF';
    return;
  }
  const extended = kept.length > 0;
  if (type === 'VP8X' ? !extended && data.length === 10 : type === 'ANIM' || type === 'ALPH')
    kept.push(chunk);
  else if (type === 'ICCP' && !findings.profile) {
    kept.push(chunk);
    findings.profile = chunk;
  } else if (type === 'VP8 ' || type === 'VP8L' || type === 'ANMF') {
    kept.push(chunk);
    findings.picture = chunk;
  }
}

/** Some writers put the JPEG's `Exif\0\0` before the data. */
function webpOrientation(data: Buffer): number {
  return exifOrientation(data.toString('latin1', 0, 4) === 'Exif' ? data.subarray(6) : data);
}

/** The chunk without what says more than the picture; its very bytes where there is no such thing. */
async function cleaned(chunk: Chunk, colours: Buffer | undefined): Promise<Buffer> {
  if (chunk.type === 'VP8X') return withoutMetadata(chunk, colours !== undefined);
  if (chunk.type === 'ICCP' && colours) return webpChunk('ICCP', colours);
  return chunk.type === 'ANMF' ? await bareFrame(chunk) : chunk.whole;
}

function withoutMetadata({ whole }: Chunk, hasProfile: boolean): Buffer {
  const kept = 0xff & ~(webpFlags.exif | webpFlags.xmp | (hasProfile ? 0 : webpFlags.profile));
  const flags = whole.readUInt8(8);
  if (flags === (flags & kept)) return whole;
  const plain = Buffer.from(whole);
  plain.writeUInt8(flags & kept, 8);
  return plain;
}

const frameHeader = 16;
const pictureChunks = new Set(['ALPH', 'VP8 ', 'VP8L']);

/** A frame of an animation is a header, and chunks of which any number may mean nothing to a decoder. */
async function bareFrame({ whole, data }: Chunk): Promise<Buffer> {
  if (data.length < frameHeader) throw damagedPicture('webp');
  const chunks = await collect(webpChunks(data, frameHeader));
  const kept = chunks.filter(({ type }) => pictureChunks.has(type)).map((chunk) => chunk.whole);
  const frame = await joinBytes([whole.subarray(0, 8 + frameHeader), ...kept.flatMap(padded)]);
  frame.writeUInt32LE(frame.length - 8, 4);
  return frame;
}

/** Whether the file is made of these chunks, as they are, and of nothing else. */
function isAllOf(bytes: Uint8Array, chunks: readonly Chunk[], whole: readonly Buffer[]): boolean {
  const length = chunks.reduce((sum, each) => sum + each.whole.length + (each.whole.length % 2), riffHeader);
  return length === bytes.length && chunks.every((each, index) => each.whole === whole[index]);
}

export function webpChunk(type: string, content: Buffer): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

function padded(chunk: Buffer): Buffer[] {
  return chunk.length % 2 === 0 ? [chunk] : [chunk, Buffer.alloc(1)];
}

/** A file of whole chunks, to which padding is added, and of what is to stand behind its end. */
export async function joinWebp(
  chunks: readonly Buffer[],
  { behind = Buffer.alloc(0) }: { behind?: Buffer } = {},
): Promise<Buffer> {
  const file = await joinBytes([
    Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'),
    ...chunks.flatMap(padded),
    behind,
  ]);
  file.writeUInt32LE(file.length - behind.length - 8, 4);
  return file;
}
