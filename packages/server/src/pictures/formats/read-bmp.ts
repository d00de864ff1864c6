// Gives the pixels of a BMP. Runs in a thread: 50 million pixels take half a second.

import { writePlainTiff } from './plain-tiff.ts';
import { type BmpHeader, readBmpHeader } from './bmp-header.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** A TIFF of the same picture; `null` where rows are missing. `profile` is what is kept of the one in the file. */
export function readBmp(file: Uint8Array, profile: Uint8Array | undefined): Uint8Array<ArrayBuffer> | null {
  const header = readBmpHeader(file);
  const { width, height, palette } = header;
  const channels = header.masks[3] !== 0 && hasOpacity(file, header) ? 4 : 3;
  const indexes = palette.length > 0 || header.bits <= 8 ? indexesOf(file, header) : undefined;
  if (indexes === null) return null;
  const colours = Array.from({ length: 256 }, (_, index): Colour => palette[index] ?? [0, 0, 0]);
  return writePlainTiff({
    width,
    height,
    channels,
    profile,
    copyTo(target) {
      if (indexes === undefined) copyPixels(file, header, { target, channels });
      else
        for (let at = 0; at < indexes.length; at += 1)
          target.set(colours[indexes[at] ?? 0] ?? [0, 0, 0], at * 3);
    },
  });
}

/** Where the stored row stands in the picture, counted from its top. */
function placeOf({ topDown, height }: BmpHeader, row: number): number {
  return topDown ? row : height - 1 - row;
}

/** The place of every pixel's colour in the palette, from the top. */
function indexesOf(file: Uint8Array, header: BmpHeader): Uint8Array | null {
  const { width, height, bits, coding, pixelsAt, rowBytes } = header;
  const indexes = new Uint8Array(width * height);
  if (coding !== 'plain') return unpackRuns(file, header, indexes) ? indexes : null;
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  for (let row = 0; row < height; row += 1) {
    const from = pixelsAt + row * rowBytes;
    const to = placeOf(header, row) * width;
    for (let x = 0; x < width; x += 1) {
      const shift = 8 - bits - (x % perByte) * bits;
      indexes[to + x] = ((file[from + Math.floor(x / perByte)] ?? 0) >> shift) & mask;
    }
  }
  return indexes;
}

/** Whether it came to the end of the picture. Each step takes two bytes of the file or more, and writes within the picture only. */
function unpackRuns(file: Uint8Array, header: BmpHeader, indexes: Uint8Array): boolean {
  const { width, height, coding, pixelsAt } = header;
  const isNibbles = coding === 'rle4';
  let [x, row] = [0, 0];
  /** So many pixels from `x` on; those beyond the row are left out. */
  const put = (count: number, indexAt: (place: number) => number) => {
    const start = placeOf(header, row) * width + x;
    for (let each = 0; each < Math.min(count, width - x); each += 1) indexes[start + each] = indexAt(each);
    x += count;
  };
  const half = (byte: number, place: number) => (place % 2 === 0 ? byte >> 4 : byte & 15);
  for (let at = pixelsAt; at + 1 < file.length && row < height;) {
    const [count = 0, value = 0] = [file[at], file[at + 1]];
    at += 2;
    if (count > 0) put(count, (place) => (isNibbles ? half(value, place) : value));
    else if (value === 0) [x, row] = [0, row + 1];
    else if (value === 1) return true;
    else if (value === 2) {
      x += file[at] ?? 0;
      row += file[at + 1] ?? 0;
      at += 2;
    } else {
      const from = at;
      put(value, (place) =>
        isNibbles ? half(file[from + (place >> 1)] ?? 0, place) : (file[from + place] ?? 0),
      );
      const bytes = isNibbles ? Math.ceil(value / 2) : value;
      at += bytes + (bytes % 2);
    }
  }
  // Some writers end with the last row, and leave the mark out.
  return row >= height || (row === height - 1 && x >= width);
}

function copyPixels(
  file: Uint8Array,
  header: BmpHeader,
  { target, channels }: { target: Uint8Array; channels: 3 | 4 },
): void {
  const { width, height, bits, masks, pixelsAt, rowBytes } = header;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const read = masks.map(scalerOf);
  for (let row = 0; row < height; row += 1) {
    let from = pixelsAt + row * rowBytes;
    let to = placeOf(header, row) * width * channels;
    for (let x = 0; x < width; x += 1) {
      if (bits === 24) {
        target[to] = file[from + 2] ?? 0;
        target[to + 1] = file[from + 1] ?? 0;
        target[to + 2] = file[from] ?? 0;
      } else {
        const pixel = bits === 16 ? view.getUint16(from, true) : view.getUint32(from, true);
        for (let channel = 0; channel < channels; channel += 1)
          target[to + channel] = read[channel]?.(pixel) ?? 0;
      }
      from += bits / 8;
      to += channels;
    }
  }
}

/** Takes the bits of a mask out of a pixel, as a number from 0 to 255. */
function scalerOf(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / most);
}

/** Many write nothing but zeros where the opacity would be. */
function hasOpacity(
  file: Uint8Array,
  { width, height, bits, masks, pixelsAt, rowBytes }: BmpHeader,
): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const bytes = bits / 8;
  if (bits !== 16 && bits !== 32) return false;
  for (let row = 0; row < height; row += 1)
    for (let x = 0; x < width; x += 1) {
      const at = pixelsAt + row * rowBytes + x * bytes;
      if (((bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true)) & masks[3]) !== 0) return true;
    }
  return false;
}
