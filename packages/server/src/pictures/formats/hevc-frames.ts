// Counts the pictures in HEVC data, and reads how large they are (ITU-T H.265, 7.3): a decoder works through all of them as they
// are coded, whatever the file says of its measures.

import type { Buffer } from 'node:buffer';
import { createNumberReader, HeifError } from './iso-boxes.ts';

const sequenceParameters = 33;
/** Units below it are parts of a picture. */
const otherUnits = 32;

/** Pixels that are decoded for an item: `config` is the content of its `hvcC` box. Throws `HeifError`; calls `countPart` for each unit. */
export function hevcWork(config: Buffer, data: Buffer, countPart: () => void): number {
  const { units, lengthBytes } = readConfig(config, countPart);
  let pixels = Math.max(0, ...units.filter((unit) => typeOf(unit) === sequenceParameters).map(pixelsOf));
  let pictures = 0;
  for (let at = 0; at < data.length;) {
    countPart();
    if (at + lengthBytes > data.length) throw new HeifError();
    const start = at + lengthBytes;
    at = start + data.readUIntBE(at, lengthBytes);
    if (at > data.length) throw new HeifError();
    const unit = data.subarray(start, at);
    if (unit.length < 3) continue;
    const type = typeOf(unit);
    if (type === sequenceParameters) pixels = Math.max(pixels, pixelsOf(unit));
    // The first bit behind the head says that a picture begins.
    if (type < otherUnits && ((unit[2] ?? 0) & 0x80) !== 0) pictures += 1;
  }
  if (pixels === 0 || pictures === 0) throw new HeifError();
  return pixels * pictures;
}

/** ISO/IEC 14496-15, 8.3.3.1.2. */
function readConfig(config: Buffer, countPart: () => void): { units: Buffer[]; lengthBytes: number } {
  const reader = createNumberReader(config);
  reader.skip(21);
  const lengthBytes = (reader.next(1) & 3) + 1;
  const units: Buffer[] = [];
  let at = 23;
  for (let arrays = reader.next(1); arrays > 0; arrays -= 1) {
    reader.next(1);
    const count = reader.next(2);
    at += 3;
    for (let left = count; left > 0; left -= 1) {
      countPart();
      const length = reader.next(2);
      reader.skip(length);
      units.push(config.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return { units, lengthBytes };
}

function typeOf(unit: Buffer): number {
  return ((unit[0] ?? 0) >> 1) & 0x3f;
}

/** Of a unit of sequence parameters (7.3.2.2.1). */
function pixelsOf(unit: Buffer): number {
  const bits = createBitReader(unit.subarray(2, 202));
  bits.next(4);
  const layers = bits.next(3);
  bits.next(1);
  bits.skip(96);
  const flags = Array.from({ length: layers === 0 ? 0 : 8 }, () => bits.next(2)).slice(0, layers);
  for (const each of flags) bits.skip((each & 2 ? 88 : 0) + (each & 1 ? 8 : 0));
  bits.number();
  if (bits.number() === 3) bits.next(1);
  return bits.number() * bits.number();
}

interface BitReader {
  /** At most 32. */
  next(bits: number): number;
  skip(bits: number): void;
  /** A number of as many bits as there are zeros before it (9.2). */
  number(): number;
}

function createBitReader(unit: Buffer): BitReader {
  // A byte of 3 behind two zeros is no part of the data (7.4.2).
  const data = unit.filter((byte, index) => !(byte === 3 && unit[index - 1] === 0 && unit[index - 2] === 0));
  let at = 0;
  const next = (bits: number): number => {
    let value = 0;
    for (let left = bits; left > 0; left -= 1, at += 1) {
      if (at >= data.length * 8) throw new HeifError();
      value = value * 2 + (((data[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    }
    return value;
  };
  return {
    next,
    skip: (bits) => void (at += bits),
    number() {
      let zeros = 0;
      while (next(1) === 0) zeros += 1;
      if (zeros > 31) throw new HeifError();
      return 2 ** zeros - 1 + next(zeros);
    },
  };
}
