// Test support: pictures made byte by byte, as no encoder would write them.

import { Buffer } from 'node:buffer';
import { crc32, deflateSync } from 'node:zlib';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const pngSignature = latin1('\x89PNG\r\n\x1a\n');

export function pngChunk(type: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([latin1(type), data]);
  return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
}

/** A black grey PNG; `pixels` replaces its packed rows, `before` stands before them and `behind` after the end. */
export function pngOf(
  width: number,
  height: number,
  { bits = 8, pixels, before = [] }: { bits?: number; pixels?: Buffer; before?: Buffer[] } = {},
): Buffer {
  const rows = () => deflateSync(Buffer.alloc(height * (1 + Math.ceil((width * bits) / 8))), { level: 9 });
  return Buffer.concat([
    pngSignature,
    pngChunk('IHDR', Buffer.concat([uint32(width), uint32(height), Buffer.from([bits, 0, 0, 0, 0])])),
    ...before,
    pngChunk('IDAT', pixels ?? rows()),
    pngChunk('IEND'),
  ]);
}

/** A GIF whose screen and whose frame of one colour have measures of their own. */
export function gifOf(screen: [number, number], frame: [number, number], frames = 1): Buffer {
  const uint16 = (value: number) => Buffer.from([value & 0xff, value >> 8]);
  const head = [latin1('GIF89a'), ...screen.map(uint16), Buffer.from([0x80, 0, 0, 255, 0, 0, 0, 0, 0])];
  const one = Buffer.concat([
    Buffer.from([0x2c, 0, 0, 0, 0]),
    ...frame.map(uint16),
    Buffer.from([0, 2, 2, 0x44, 1, 0]),
  ]);
  return Buffer.concat([...head, repeated(one, frames), latin1(';')]);
}

export function repeated(bytes: Uint8Array, times: number): Buffer {
  return Buffer.alloc(bytes.length * times, bytes);
}

export function jpegSegment(marker: number, payload: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([head, payload]);
}

/** A segment right behind the beginning of a JPEG. */
export function withSegment(jpeg: Uint8Array, marker: number, payload: Uint8Array): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), jpegSegment(marker, payload), jpeg.subarray(2)]);
}

/** A progressive grey JPEG. Each of its scans costs a hundred bytes at most, and a walk over every block. */
export function jpegOfScans(width: number, height: number, scans: number): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const huffman = (place: number, symbol: number) =>
    jpegSegment(0xc4, Buffer.from([place, 1, ...Array.from({ length: 15 }, () => 0), symbol]));
  const frame = [8, height >> 8, height & 0xff, width >> 8, width & 0xff, 1, 1, 0x11, 0];
  const scanHead = (from: number, to: number) => jpegSegment(0xda, Buffer.from([1, 1, 0, from, to, 0]));
  // A zero bit is the symbol "no more for 16,384 blocks and so many as the next 14 bits say".
  const bits = '011111111111111'.repeat(Math.ceil(blocks / 32_767)).padEnd(16, '1');
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2));
  const ends = Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte])));
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xdb, Buffer.from([0, ...Array.from({ length: 64 }, () => 1)])),
    jpegSegment(0xc2, Buffer.from(frame)),
    huffman(0x00, 0x00),
    huffman(0x10, 0xe0),
    scanHead(0, 0),
    Buffer.alloc(Math.ceil(blocks / 8)),
    ...Array.from({ length: scans - 1 }, () => [scanHead(1, 63), ends]).flat(),
    Buffer.from([0xff, 0xd9]),
  ]);
}

export function webpChunk(type: string, data: Uint8Array): Buffer {
  const head = latin1(`${type}\0\0\0\0`);
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

export function webpOf(chunks: Buffer[]): Buffer {
  const file = Buffer.concat([latin1('RIFF\0\0\0\0WEBP'), ...chunks]);
  file.writeUInt32LE(file.length - 8, 4);
  return file;
}

/** EXIF data with an orientation, the place where the picture was taken, and a camera's name. */
export function exifOf(orientation: number): Buffer {
  const entry = (tag: number, type: number, count: number, value: Buffer) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16BE(tag, 0);
    bytes.writeUInt16BE(type, 2);
    bytes.writeUInt32BE(count, 4);
    value.copy(bytes, 8);
    return bytes;
  };
  const gpsAt = 8 + 2 + 3 * 12 + 4;
  const directory = (entries: Buffer[]) =>
    Buffer.concat([Buffer.from([0, entries.length]), ...entries, Buffer.alloc(4)]);
  return Buffer.concat([
    latin1('MM\0*\0\0\0\x08'),
    directory([
      entry(0x010f, 2, 4, latin1('Cam\0')),
      entry(0x0112, 3, 1, Buffer.from([0, orientation])),
      entry(0x8825, 4, 1, uint32(gpsAt)),
    ]),
    directory([entry(0x0001, 2, 2, latin1('N\0')), entry(0x001d, 2, 4, latin1('here'))]),
  ]);
}

/** A segment's content: EXIF data with a colour space, and the mark of a set of rules for files. */
export function exifOfColours(space: number, mark: string, order: 'II' | 'MM'): Buffer {
  const number = (bytes: 2 | 4, value: number) => {
    const data = Buffer.alloc(bytes);
    if (order === 'II') data.writeUIntLE(value, 0, bytes);
    else data.writeUIntBE(value, 0, bytes);
    return data;
  };
  const entry = (tag: number, type: number, count: number, value: Buffer) =>
    Buffer.concat([number(2, tag), number(2, type), number(4, count), value, Buffer.alloc(4 - value.length)]);
  const [top, own, rules] = [
    entry(0x8769, 4, 1, number(4, 26)),
    [entry(0xa001, 3, 1, number(2, space)), entry(0xa005, 4, 1, number(4, 56))],
    entry(1, 2, 4, Buffer.from(`${mark}\0`)),
  ];
  const directories = [
    number(2, 1),
    top,
    number(4, 0),
    number(2, 2),
    ...own,
    number(4, 0),
    number(2, 1),
    rules,
  ];
  return Buffer.concat([Buffer.from(`Exif\0\0${order}`), number(2, 42), number(4, 8), ...directories]);
}

/** A file as an iPhone writes it, as far as its beginning says: brands of HEIC, or the given ones. */
export function heifOf(brands: string[]): Buffer {
  const [major = '', ...others] = brands;
  const box = latin1(`\0\0\0\0ftyp${major}\0\0\0\0${others.join('')}`);
  box.writeUInt32BE(box.length, 0);
  return Buffer.concat([box, Buffer.alloc(64)]);
}
