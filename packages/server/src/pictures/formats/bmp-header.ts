// Reads what a BMP says of itself, and checks that its pixels can be had: layouts of OS/2 and of Windows 3 to 5
// (learn.microsoft.com/windows/win32/gdi/bitmap-storage, and BITMAPCOREHEADER).

import { Buffer } from 'node:buffer';
import { inputFailure } from '../../core/errors.ts';
import { damagedPicture } from './picture-type.ts';

/** How pixels are written. */
export type BmpCoding = 'plain' | 'rle4' | 'rle8';

export interface BmpHeader {
  /** Pixels. */
  width: number;
  height: number;
  topDown: boolean;
  /** Of a pixel: 1, 2, 4, 8, 16, 24 or 32. */
  bits: number;
  coding: BmpCoding;
  /** Where red, green, blue and the opacity stand in a pixel of 16 or 32 bits; 0 for none. */
  masks: [number, number, number, number];
  /** Red, green and blue of each colour; empty where pixels have their own. */
  palette: [number, number, number][];
  pixelsAt: number;
  /** Of a row as it is stored, where it is not packed. */
  rowBytes: number;
  /** An ICC profile, as it stands in the file. */
  profile: Buffer | undefined;
}

const fileHeaderBytes = 14;
const coreHeader = 12;
const codings: Readonly<Record<number, BmpCoding>> = {
  0: 'plain',
  1: 'rle8',
  2: 'rle4',
  3: 'plain',
  6: 'plain',
};
/** 40 to 124: Windows; 16 and 64: OS/2. */
const headerSizes = new Set([coreHeader, 16, 40, 52, 56, 64, 108, 124]);

/**
 * Reads a header and a palette of 256 colours at the most. Throws `TaskError` (`input_unreachable`) for a file that is cut off or
 * coded in a way that nobody writes.
 */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = file.length < 18 ? 0 : file.readUInt32LE(fileHeaderBytes);
  if (!headerSizes.has(size) || file.length < fileHeaderBytes + size) throw damagedPicture('bmp');
  const isCore = size === coreHeader;
  const width = isCore ? file.readUInt16LE(18) : file.readInt32LE(18);
  const signedHeight = isCore ? file.readUInt16LE(20) : file.readInt32LE(22);
  const bits = file.readUInt16LE(isCore ? 24 : 28);
  const compression = size < 40 ? 0 : file.readUInt32LE(30);
  const isOs2 = size === 16 || size === 64;
  const coding = isOs2 && compression > 2 ? undefined : codings[compression];
  if (coding === undefined || !isCoded(coding, bits))
    throw inputFailure(
      'The BMP picture is coded in a way that is not read here. Save it as PNG and send that.',
      { whatCame: 'a BMP of a rare coding' },
    );
  const height = Math.abs(signedHeight);
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  const hasMasks = compression === 3 || compression === 6;
  const masksAt = fileHeaderBytes + 40;
  const paletteAt = fileHeaderBytes + size + (hasMasks && size === 40 ? (compression === 6 ? 16 : 12) : 0);
  const pixelsAt = file.readUInt32LE(10);
  if (width < 1 || height < 1 || pixelsAt < fileHeaderBytes + size || pixelsAt >= file.length)
    throw damagedPicture('bmp');
  if (coding === 'plain' && pixelsAt + rowBytes * height > file.length) throw damagedPicture('bmp');
  const mask = (index: number) =>
    masksAt + index * 4 + 4 > file.length ? 0 : file.readUInt32LE(masksAt + index * 4);
  const hasAlpha = size >= 56 || compression === 6;
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bits,
    coding,
    masks: hasMasks ? [mask(0), mask(1), mask(2), hasAlpha ? mask(3) : 0] : defaultMasks(bits),
    palette:
      bits > 8 ? [] : readPalette(file, { at: paletteAt, end: pixelsAt, bits, entryBytes: isCore ? 3 : 4 }),
    pixelsAt,
    rowBytes,
    profile: size === 124 ? profileOf(file) : undefined,
  };
}

function isCoded(coding: BmpCoding, bits: number): boolean {
  if (coding === 'plain') return [1, 2, 4, 8, 16, 24, 32].includes(bits);
  return bits === (coding === 'rle8' ? 8 : 4);
}

function defaultMasks(bits: number): BmpHeader['masks'] {
  return bits === 16 ? [0x7c00, 0x03e0, 0x001f, 0] : [0xff0000, 0xff00, 0xff, 0];
}

function readPalette(
  file: Buffer,
  { at, end, bits, entryBytes }: { at: number; end: number; bits: number; entryBytes: number },
): BmpHeader['palette'] {
  const palette: BmpHeader['palette'] = [];
  for (
    let place = at;
    palette.length < 2 ** bits && place + 3 <= Math.min(end, file.length);
    place += entryBytes
  )
    palette.push([file[place + 2] ?? 0, file[place + 1] ?? 0, file[place] ?? 0]);
  return palette;
}

/** Of a header of 124 bytes; `MBED`, lowest byte first, says that it is in the file. */
function profileOf(file: Buffer): Buffer | undefined {
  if (file.toString('latin1', fileHeaderBytes + 56, fileHeaderBytes + 60) !== 'DEBM') return undefined;
  const start = fileHeaderBytes + file.readUInt32LE(fileHeaderBytes + 112);
  return file.subarray(start, start + file.readUInt32LE(fileHeaderBytes + 116));
}
