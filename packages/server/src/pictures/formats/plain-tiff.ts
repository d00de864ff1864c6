// Writes pixels as an uncompressed TIFF: the one file that sharp takes with a colour profile and without any work. So a picture
// of a type that sharp can't read goes the way of all others once its pixels are known. Layout: TIFF 6.0, part 1.

import { Buffer } from 'node:buffer';
import { type TiffEntry, writeTiffDirectory } from './tiff-directory.ts';

/** Pixels of 8 bits. */
export interface PixelSource {
  /** Pixels. */
  width: number;
  height: number;
  /** Red, green, blue, and perhaps the opacity, with which the others are not multiplied. */
  channels: 3 | 4;
  /** Copies the rows into `target`, from the top, one right behind the other. */
  copyTo: (target: Uint8Array) => void;
  /** An ICC profile; without one it is sRGB. */
  profile?: Uint8Array | undefined;
}

/** Decoders take the pixels strip by strip. */
const stripBytes = 256 * 1024;

/** The file has memory of its own. */
export function writePlainTiff({
  width,
  height,
  channels,
  copyTo,
  profile,
}: PixelSource): Uint8Array<ArrayBuffer> {
  const rowBytes = width * channels;
  const rows = Math.min(height, Math.max(1, Math.floor(stripBytes / rowBytes)));
  const strips = Math.ceil(height / rows);
  const counts = Array.from(
    { length: strips },
    (_, index) => Math.min(rows, height - index * rows) * rowBytes,
  );
  const directoryAt = (pixelsAt: number): Buffer => {
    const entries: TiffEntry[] = [
      { tag: 256, longs: [width] },
      { tag: 257, longs: [height] },
      { tag: 258, shorts: Array.from({ length: channels }, () => 8) },
      { tag: 259, shorts: [1] },
      { tag: 262, shorts: [2] },
      { tag: 273, longs: counts.map((_, index) => pixelsAt + index * rows * rowBytes) },
      { tag: 277, shorts: [channels] },
      { tag: 278, longs: [rows] },
      { tag: 279, longs: counts },
      ...(channels === 4 ? [{ tag: 338, shorts: [2] }] : []),
      ...(profile ? [{ tag: 34_675, type: 7, bytes: profile }] : []),
    ];
    return writeTiffDirectory(entries, 'II');
  };
  const head = directoryAt(directoryAt(0).length);
  const file = new Uint8Array(head.length + height * rowBytes);
  file.set(head);
  copyTo(file.subarray(head.length));
  return file;
}
