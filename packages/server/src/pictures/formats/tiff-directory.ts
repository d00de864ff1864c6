// Writes the beginning of a TIFF file: its header and its one directory (TIFF 6.0, section 2).

import { Buffer } from 'node:buffer';

/** A tag and its values: whole numbers of two or of four bytes, or the bytes of another type as they stand in a file. */
export type TiffEntry = { tag: number } & (
  | { shorts: readonly number[] }
  | { longs: readonly number[] }
  /** `bytes` are in the order of the file. */
  | { type: number; bytes: Uint8Array }
);

export const tiffTypeBytes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 5: 8, 7: 1, 13: 4, 16: 8 };
const entryBytes = 12;
const headerBytes = 8;

/** `II`: the lowest byte first; `MM`: the highest. Header, directory and values; what follows begins at an even place. */
export function writeTiffDirectory(entries: readonly TiffEntry[], order: 'II' | 'MM'): Buffer {
  const values = entries.map((entry) => valuesOf(entry, order));
  const tableBytes = headerBytes + 2 + entries.length * entryBytes + 4;
  const outside = values.map(({ bytes }) => (bytes.length > 4 ? bytes.length + (bytes.length % 2) : 0));
  const file = Buffer.alloc(outside.reduce((sum, length) => sum + length, tableBytes));
  const put = (value: number, bytes: 2 | 4, at: number) =>
    order === 'II' ? file.writeUIntLE(value, at, bytes) : file.writeUIntBE(value, at, bytes);
  file.write(order, 'latin1');
  put(42, 2, 2);
  put(headerBytes, 4, 4);
  put(entries.length, 2, headerBytes);
  let valuesAt = tableBytes;
  for (const [index, { type, count, bytes }] of values.entries()) {
    const at = headerBytes + 2 + index * entryBytes;
    put(entries[index]?.tag ?? 0, 2, at);
    put(type, 2, at + 2);
    put(count, 4, at + 4);
    if (bytes.length > 4) put(valuesAt, 4, at + 8);
    file.set(bytes, bytes.length > 4 ? valuesAt : at + 8);
    valuesAt += outside[index] ?? 0;
  }
  return file;
}

function valuesOf(entry: TiffEntry, order: 'II' | 'MM'): { type: number; count: number; bytes: Uint8Array } {
  if ('bytes' in entry) {
    const { type, bytes } = entry;
    return { type, count: bytes.length / (tiffTypeBytes[type] ?? 1), bytes };
  }
  const [numbers, size] = 'shorts' in entry ? [entry.shorts, 2] : [entry.longs, 4];
  const bytes = Buffer.alloc(numbers.length * size);
  for (const [index, number] of numbers.entries())
    if (order === 'II') bytes.writeUIntLE(number, index * size, size);
    else bytes.writeUIntBE(number, index * size, size);
  return { type: size === 2 ? 3 : 4, count: numbers.length, bytes };
}
