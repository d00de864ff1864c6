// Walks through the chunks of a WebP (RFC 9649, section 2) and keeps the first picture, its transparency, and the profile
// where it changes the colours. Of an animation the first frame stays, in its canvas.

import { Buffer } from 'node:buffer';
import { colourProfileKind } from './colour-profile.ts';
import { exifOrientation } from './exif-orientation.ts';
import { type BarePicture, createPartCounter } from './file-parts.ts';
import { damagedPicture } from './picture-type.ts';

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
  orientation: number;
  /** `undefined` until the first picture was found. */
  picture: Chunk | undefined;
  animated: boolean;
}

/** Throws `TaskError` (`input_unreachable`) where a chunk is cut off or there is no picture. */
export async function bareWebp(bytes: Uint8Array): Promise<BarePicture> {
  const { kept, profile, orientation, picture, animated } = walk(bytes);
  if (!picture) throw damagedPicture('webp');
  const recoloured = profile !== undefined && colourProfileKind(profile.data) === 'other';
  const chunks = kept.flatMap((chunk) => {
    if (chunk === profile) return recoloured ? [chunk.whole] : [];
    return [chunk.type === 'VP8X' ? withoutMetadata(chunk, recoloured) : chunk.whole];
  });
  return {
    bytes: joinUp(bytes, chunks),
    orientation,
    animated,
    lossy: picture.type === 'VP8 ',
    recode: recoloured || picture.type === 'ANMF',
  };
}

function walk(bytes: Uint8Array): Findings {
  const findings: Findings = {
    kept: [],
    profile: undefined,
    orientation: 1,
    picture: undefined,
    animated: false,
  };
  for (const chunk of webpChunks(webpFile(bytes))) sortIn(chunk, findings);
  return findings;
}

/** The file without what stands behind the end that its header names. Throws `TaskError` as `bareWebp` does. */
export function webpFile(bytes: Uint8Array): Buffer {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const fileEnd = file.length < riffHeader ? Infinity : 8 + file.readUInt32LE(4);
  if (fileEnd > file.length) throw damagedPicture('webp');
  return file.subarray(0, fileEnd);
}

/** Throws `TaskError` (`input_unreachable`) as `bareWebp` does. */
export function* webpChunks(file: Buffer): Generator<Chunk> {
  const countPart = createPartCounter('webp');
  for (let at = riffHeader; at < file.length;) {
    countPart();
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
  if (type === 'EXIF') findings.orientation = webpOrientation(data);
  if (picture) {
    findings.animated ||= type === 'ANMF' && picture.type === 'ANMF';
    return;
  }
  const extended = kept.length > 0;
  if (type === 'VP8X' ? !extended && data.length === 10 : type === 'ANIM' || type === 'ALPH')
    kept.push(chunk);
  else if (type === 'ICCP') {
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

function withoutMetadata({ whole }: Chunk, hasProfile: boolean): Buffer {
  const plain = Buffer.from(whole);
  const kept = 0xff & ~(webpFlags.exif | webpFlags.xmp | (hasProfile ? 0 : webpFlags.profile));
  plain.writeUInt8(plain.readUInt8(8) & kept, 8);
  return plain;
}

/** The very same object where nothing changed. */
function joinUp(bytes: Uint8Array, chunks: Buffer[]): Uint8Array {
  const file = joinWebp(chunks);
  return file.equals(bytes) ? bytes : file;
}

/** A file of whole chunks; padding is added. */
export function joinWebp(chunks: readonly Buffer[]): Buffer {
  const padded = chunks.flatMap((chunk) => (chunk.length % 2 === 0 ? [chunk] : [chunk, Buffer.alloc(1)]));
  const file = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'), ...padded]);
  file.writeUInt32LE(file.length - 8, 4);
  return file;
}
