// Reads the one thing that is needed of EXIF data: which way up the picture is. All else in it is never looked at.

import { Buffer } from 'node:buffer';

const orientationTag = 0x0112;

/**
 * 1 to 8 as EXIF counts (CIPA DC-008-2023, 4.6.5.1.6); 1, upright, where the data say nothing or are broken.
 * `exif` begins with the TIFF header, `II` or `MM`.
 */
export function exifOrientation(exif: Uint8Array): number {
  const data = Buffer.from(exif.buffer, exif.byteOffset, exif.length);
  const order = data.toString('latin1', 0, 4);
  if (data.length < 8 || (order !== 'II*\0' && order !== 'MM\0*')) return 1;
  const short = (at: number) => (order === 'II*\0' ? data.readUInt16LE(at) : data.readUInt16BE(at));
  const directory = order === 'II*\0' ? data.readUInt32LE(4) : data.readUInt32BE(4);
  if (directory + 2 > data.length) return 1;
  const entries = short(directory);
  for (let at = directory + 2, left = entries; left > 0 && at + 12 <= data.length; at += 12, left -= 1) {
    if (short(at) !== orientationTag) continue;
    const value = short(at + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** What makes the stored picture upright: mirrored left to right, and after that turned clockwise by degrees. */
export function turnOf(orientation: number): { mirror: boolean; angle: number } {
  const angles = [0, 0, 180, 180, 270, 90, 90, 270];
  return { mirror: [2, 4, 5, 7].includes(orientation), angle: angles[orientation - 1] ?? 0 };
}
