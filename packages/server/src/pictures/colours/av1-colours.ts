// Reads out of the header of AV1 data what its numbers mean as colours (AV1 Bitstream Specification, 5.5), for files that say
// it nowhere else.

import type { Buffer } from 'node:buffer';
import { av1Units, sequenceHeader } from '../formats/av1-frames.ts';
import type { CodePoints } from './code-points.ts';

type ReadBits = (count: number) => number;

/** `undefined` where the data say nothing of it. Throws `HeifError` for data that are cut off. */
export function av1Colours(data: Buffer, countPart: () => void): CodePoints | undefined {
  for (const { type, content } of av1Units(data, countPart))
    if (type === sequenceHeader) return coloursIn(createBitReader(content));
  return undefined;
}

/** The highest bit of a byte is the first; behind the end there are zeros. */
function createBitReader(data: Buffer): ReadBits {
  let at = 0;
  return (count) => {
    let value = 0;
    for (const end = at + count; at < end; at += 1)
      value = value * 2 + (((data[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
}

function coloursIn(read: ReadBits): CodePoints | undefined {
  const profile = read(3);
  // Whether the picture is a still one.
  read(1);
  const short = read(1) === 1;
  if (short) read(5);
  else skipOperatingPoints(read);
  const [widthBits, heightBits] = [read(4) + 1, read(4) + 1];
  read(widthBits);
  read(heightBits);
  // Lengths of the numbers of frames.
  if (!short && read(1) === 1) read(4 + 3);
  // Size of blocks, and two filters.
  read(3);
  if (!short) skipTools(read);
  // Scaling, and two filters more.
  read(3);
  const deep = read(1) === 1;
  if (profile === 2 && deep) read(1);
  // In the second profile there is no grey.
  if (profile !== 1) read(1);
  if (read(1) === 0) return undefined;
  return { primaries: read(8), transfer: read(8), matrix: read(8) };
}

function skipOperatingPoints(read: ReadBits): void {
  const hasTiming = read(1) === 1;
  let delayBits = 0;
  if (hasTiming) {
    read(32 + 32);
    if (read(1) === 1) skipUvlc(read);
    if (read(1) === 1) {
      delayBits = read(5) + 1;
      read(32 + 5 + 5);
    }
  }
  const hasDelays = read(1) === 1;
  for (let left = read(5) + 1; left > 0; left -= 1) {
    read(12);
    // Levels from the eighth on have tiers.
    if (read(5) > 7) read(1);
    if (delayBits > 0 && read(1) === 1) read(2 * delayBits + 1);
    if (hasDelays && read(1) === 1) read(4);
  }
}

/** As many bits behind the first one as there were zeros before it. */
function skipUvlc(read: ReadBits): void {
  let zeros = 0;
  while (zeros < 32 && read(1) === 0) zeros += 1;
  if (zeros < 32) read(zeros);
}

/** Flags of what frames may take from one another, of screen contents, of whole steps of motion. */
function skipTools(read: ReadBits): void {
  read(4);
  const ordered = read(1) === 1;
  if (ordered) read(2);
  const forScreens = read(1) === 1 || read(1) === 1;
  if (forScreens && read(1) === 0) read(1);
  if (ordered) read(3);
}
