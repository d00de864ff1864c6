// Walks through the segments of a JPEG (ITU-T T.81, annex B) and keeps those that are needed to decode it. It finds markers
// as libjpeg does, skipping what stands between them, so that both see the same segments.
//
// The scans are counted, because the decoder does not: a progressive JPEG of 250 KB with 2,000 scans over 50 megapixels
// kept sharp 0.35.5 busy for 22 s (the second of libjpeg-turbo's "Two Issues with the JPEG Standard").

import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inputFailure } from '../../core/errors.ts';
import { joinBytes } from '../../lib/join-bytes.ts';
import { bareProfile } from './bare-profile.ts';
import { colourProfileKind } from '../colours/colour-profile.ts';
import { adobeRgbProfile, saysAdobeRgb } from '../colours/exif-colours.ts';
import { exifOrientation } from '../formats/exif-orientation.ts';
import {
  type BarePicture,
  bytesInOneTurn,
  createBreather,
  createFileParts,
  createPartCounter,
  type FileParts,
  soundMeasures,
} from './file-parts.ts';
import type { Measures } from '../fit-inside.ts';
import { damagedPicture } from '../formats/picture-type.ts';

/** Encoders write about ten. */
const maxScans = 100;
/** Three components of 16 bits, with a second byte behind each of 0xff. What goes on beyond that was not cut off at its end. */
const maxBytesPerPixel = 12;
const [endOfImage, startOfScan, temporary] = [0xd9, 0xda, 0x01];
/** Quantization tables, Huffman tables, arithmetic conditioning, number of lines, restart interval. */
const needed = new Set([0xdb, 0xc4, 0xcc, 0xdc, 0xdd, startOfScan, endOfImage]);
/** Baseline, extended and progressive, with Huffman codes; the other codings are read by few decoders. */
const commonFrames = new Set([0xc0, 0xc1, 0xc2]);
/** Frames that are taken: the common ones, and those without loss or with arithmetic codes. */
const frames = new Set([...commonFrames, 0xc3, 0xc9, 0xca]);
/** Pictures in several sizes, and JPEG-LS: the decoder has none of them. */
const rareFrames = new Set([0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf, 0xf7]);

interface Segment {
  marker: number;
  /** Where the marker begins. */
  start: number;
  /** Behind marker and length. */
  payload: Buffer;
  /** Of a scan's data, where the segment begins one. */
  end: number;
}

interface Findings {
  orientation: number | undefined;
  /** By EXIF data, which count where there is no profile. */
  adobeRgb: boolean | undefined;
  components: number;
  recode: boolean;
  /** The file ends in the data of a scan. */
  endless: boolean;
  measures: Measures;
  scanBytes: number;
  profile: Segment[];
}

/**
 * A file that ends in the data of a scan gets the marker of the end; whether all rows are there, the decoder has to say.
 * Throws `TaskError` (`input_unreachable`) where a segment is cut off or there are too many scans.
 */
export async function bareJpeg(bytes: Uint8Array): Promise<BarePicture> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts = createFileParts(bytes);
  const findings: Findings = {
    orientation: undefined,
    adobeRgb: undefined,
    components: 0,
    recode: false,
    endless: false,
    measures: { width: 0, height: 0 },
    scanBytes: 0,
    profile: [],
  };
  parts.keep(0, 2);
  for await (const segment of jpegSegments(data)) sortIn(segment, parts, findings);
  if (findings.endless) {
    const { width, height } = findings.measures;
    if (findings.scanBytes > width * height * maxBytesPerPixel + 65_536) throw damagedPicture('jpeg');
    parts.add(endMarker);
  }
  return await joinProfile(await parts.finish(), findings);
}

/**
 * From the first to the marker of the end, which has no length where the file ends in the data of a scan. Throws `TaskError`
 * (`input_unreachable`) as `bareJpeg` does.
 */
export async function* jpegSegments(data: Buffer): AsyncGenerator<Segment> {
  const countPart = createPartCounter('jpeg');
  const breathe = createBreather();
  let scans = 0;
  for (let at = 2; ;) {
    countPart();
    const pause = breathe();
    if (pause) await pause;
    if (at < data.length || scans === 0) at = await findMarker(data, at);
    const marker = data[at + 1] ?? endOfImage;
    if (marker === endOfImage) {
      yield { marker, start: at, payload: data.subarray(at, at), end: Math.min(at + 2, data.length) };
      return;
    }
    if (isBare(marker)) {
      at += 2;
      continue;
    }
    const segment = segmentAt(data, at);
    if (marker === startOfScan) {
      scans += 1;
      if (scans > maxScans) throw damagedPicture('jpeg');
      segment.end = await nextMarker(data, segment.end, true);
    }
    yield segment;
    at = segment.end;
  }
}

/** Restart markers and TEM have no length, and mean nothing outside of a scan. */
function isBare(marker: number | undefined): boolean {
  return marker === temporary || isRestart(marker);
}

function isRestart(marker: number | undefined): boolean {
  return marker !== undefined && marker >= 0xd0 && marker <= 0xd7;
}

/** Where the next marker begins, at `from` or later. Throws `TaskError` (`input_unreachable`) where there is none. */
async function findMarker(data: Buffer, from: number): Promise<number> {
  const at = await nextMarker(data, from, false);
  if (at === data.length) throw damagedPicture('jpeg');
  return at;
}

/** The end of the file where there is none. In a scan, restart markers are part of the data. */
async function nextMarker(data: Buffer, from: number, inScan: boolean): Promise<number> {
  const last = data.length - 1;
  for (let at = from; at < last; await nextTurn()) {
    const stop = Math.min(at + bytesInOneTurn, last);
    for (; at < stop; at += 1) {
      if (data[at] !== 0xff) continue;
      const marker = data[at + 1];
      // 0 marks a byte of data, and a marker may be filled up with any number of 0xff before it.
      if (marker !== 0 && marker !== 0xff && !(inScan && isRestart(marker))) return at;
    }
  }
  return data.length;
}

function segmentAt(data: Buffer, start: number): Segment {
  const end = start + 4 <= data.length ? start + 2 + data.readUInt16BE(start + 2) : 0;
  if (end < start + 4 || end > data.length) throw damagedPicture('jpeg');
  return { marker: data[start + 1] ?? 0, start, payload: data.subarray(start + 4, end), end };
}

function sortIn(segment: Segment, parts: FileParts, findings: Findings): void {
  const { marker, start, payload, end } = segment;
  findings.endless = start === end;
  if (marker === startOfScan) findings.scanBytes += end - start;
  if (needed.has(marker)) parts.keep(start, end);
  else if (frames.has(marker)) {
    parts.keep(start, end);
    noteFrame(segment, findings);
  } else if (rareFrames.has(marker)) throw rareCoding('in a rare way');
  else if (marker === 0xe0 && begins(payload, 'JFIF\0')) {
    // Behind the 14 bytes stands a thumbnail, which may show what was cut from the picture. Without all of them decoders take it for no JFIF.
    if (payload.length === jfifBytes) parts.keep(start, end);
    else if (payload.length > jfifBytes) parts.add(plainJfif);
  } else if (marker === 0xee && begins(payload, 'Adobe')) {
    // The last of the 12 bytes says how the colours are coded; some programs write more behind it.
    if (payload.length === adobeBytes) parts.keep(start, end);
    else if (payload.length > adobeBytes) parts.add(adobeMarker(payload));
  } else if (marker === 0xe1 && begins(payload, 'Exif\0')) {
    findings.orientation ??= exifOrientation(payload.subarray(6));
    findings.adobeRgb ??= saysAdobeRgb(payload.subarray(6));
  } else if (marker === 0xe2 && begins(payload, 'ICC_PROFILE\0')) findings.profile.push(segment);
}

/** Precision, height, width, and how many colour components: one is grey, three are colour, four are CMYK. */
function noteFrame({ marker, payload }: Segment, findings: Findings): void {
  const [precision = 0, components = 0] = [payload[0], payload[5]];
  if (precision !== 8) throw rareCoding(`with ${precision} bits`);
  if (payload.length >= 5)
    findings.measures = { width: payload.readUInt16BE(3), height: payload.readUInt16BE(1) };
  findings.components = components;
  findings.recode ||= !commonFrames.has(marker) || (components !== 1 && components !== 3);
}

function rareCoding(how: string): Error {
  return inputFailure(
    `The JPEG picture is coded ${how}, which is not read here. Save it as PNG, or as JPEG with 8 bits, and send that.`,
    { whatCame: `a JPEG that is coded ${how}` },
  );
}

const [jfifBytes, adobeBytes] = [14, 12];
const endMarker = Buffer.from([0xff, endOfImage]);
/** Version 1.1, square pixels, no thumbnail. It also says that the colours are YCbCr. */
const plainJfif = Buffer.from('\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00', 'latin1');

function adobeMarker(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xee, 0, 2 + adobeBytes]), payload.subarray(0, adobeBytes)]);
}

function begins(payload: Buffer, signature: string): boolean {
  return payload.toString('latin1', 0, signature.length) === signature;
}

/** A segment has 65,535 bytes at most, its length, the signature and the number of the piece included. */
const maxBytesPerPiece = 65_519;

/** The decoder needs a profile that changes the colours; it is left in for it, and never goes upstream. */
async function joinProfile(
  bytes: Uint8Array,
  { orientation = 1, adobeRgb, components, recode, endless, profile, measures }: Findings,
): Promise<BarePicture> {
  const bare = {
    orientation,
    animated: false,
    lossy: true,
    endless,
    measures: soundMeasures(measures),
  };
  // Behind the signature: the number of the piece, and of how many.
  const inOrder = profile.toSorted((a, b) => (a.payload[12] ?? 0) - (b.payload[12] ?? 0));
  const whole = await joinBytes(inOrder.map(({ payload }) => payload.subarray(14)));
  const isAdobeRgb = adobeRgb && components === 3 && colourProfileKind(whole) === 'broken';
  const colours = isAdobeRgb ? adobeRgbProfile() : bareProfile(whole);
  if (colours === undefined) return { ...bare, bytes, recode };
  const count = Math.ceil(colours.length / maxBytesPerPiece);
  const segments = Array.from({ length: count }, (_, index) => {
    const piece = colours.subarray(index * maxBytesPerPiece, (index + 1) * maxBytesPerPiece);
    const head = Buffer.from(`\xff\xe2\0\0ICC_PROFILE\0${String.fromCodePoint(index + 1, count)}`, 'latin1');
    head.writeUInt16BE(head.length - 2 + piece.length, 2);
    return [head, piece];
  }).flat();
  return {
    ...bare,
    bytes: await joinBytes([bytes.subarray(0, 2), ...segments, bytes.subarray(2)]),
    recode: true,
  };
}
