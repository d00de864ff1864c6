// Where XMP metadata stand in a PNG, a JPEG or a WebP, and how they get there without a change of anything else: neither
// the pixels nor a mark in them (SynthID) are touched. Places: XMP specification, part 3, "Storage in files"
// (developer.adobe.com/xmp/docs/XMPSpecifications); for WebP RFC 9649, 2.7.1.5.

import { Buffer } from 'node:buffer';
import { TaskError } from '../../core/errors.ts';
import { jpegSegments } from './bare-jpeg.ts';
import { headerEnd, pngChunk, pngChunks } from './bare-png.ts';
import { joinWebp, webpChunk, webpChunks, webpFile, webpFlags } from './bare-webp.ts';
import { joinBytes } from '../../lib/join-bytes.ts';
import { collect } from './file-parts.ts';
import type { PictureType } from '../formats/picture-type.ts';

interface XmpLocation {
  /** The packet that is there; it may be compressed, though not by this server. */
  packet: Buffer | undefined;
  /** It holds a C2PA manifest, which is signed over the whole file (C2PA specification 2.2, annex A). */
  signed: boolean;
  /** The file with a packet of at most `maxPacketBytes` in it. For one that has none. */
  insert(packet: Buffer): Promise<Uint8Array>;
}

const pngKeyword = Buffer.from('XML:com.adobe.xmp\0');
const jpegSignature = Buffer.from('http://ns.adobe.com/xap/1.0/\0');
/** A JPEG segment has 65,535 bytes, its own length and the signature included. */
export const maxPacketBytes = 65_535 - 2 - jpegSignature.length;

/** `undefined` where the type has none, and where the end of the file is missing. Throws `TaskError` (`input_unreachable`) for a file that is cut off. */
export async function findXmpLocation(
  bytes: Uint8Array,
  type: PictureType,
): Promise<XmpLocation | undefined> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (type === 'png') return await inPng(data);
  if (type === 'jpeg') return await inJpeg(data);
  if (type === 'webp') return await inWebp(data);
  return undefined;
}

/**
 * Whether the file holds a C2PA manifest. Of types other than PNG, JPEG and WebP nobody looks, and of a file that is cut off it says no: its
 * manifest is of no use.
 */
export async function hasManifest(bytes: Uint8Array, type: PictureType): Promise<boolean> {
  try {
    return (await findXmpLocation(bytes, type))?.signed === true;
  } catch (error) {
    if (error instanceof TaskError) return false;
    throw error;
  }
}

async function inPng(data: Buffer): Promise<XmpLocation | undefined> {
  const chunks = await collect(pngChunks(data));
  if (chunks.some(({ end }) => end > data.length)) return undefined;
  // The right one is iTXt; libvips writes zTXt.
  const text = chunks.find(
    ({ type, data: content }) => /^(?:iTXt|zTXt|tEXt)$/.test(type) && begins(content, pngKeyword),
  );
  return {
    // Behind the keyword: whether and how it is packed, and two names that end in a zero.
    packet: text?.data.subarray(pngKeyword.length + 4),
    signed: chunks.some(({ type }) => type === 'caBX'),
    insert(packet) {
      const chunk = pngChunk('iTXt', pngKeyword, Buffer.alloc(4), packet);
      return joinBytes([data.subarray(0, headerEnd), ...chunk, data.subarray(headerEnd)]);
    },
  };
}

async function inJpeg(data: Buffer): Promise<XmpLocation | undefined> {
  let [packet, signed, leading, at]: [Buffer | undefined, boolean, boolean, number] = [
    undefined,
    false,
    true,
    2,
  ];
  for await (const { marker, start, payload, end } of jpegSegments(data)) {
    if (start === end) return undefined;
    const isApp1 = marker === 0xe1;
    if (isApp1 && begins(payload, jpegSignature)) packet ??= payload.subarray(jpegSignature.length);
    // JUMBF boxes: nobody writes other ones into JPEGs.
    signed ||= marker === 0xeb;
    // JFIF and EXIF want to be first.
    leading &&= marker === 0xe0 || (isApp1 && begins(payload, Buffer.from('Exif\0')));
    if (leading) at = end;
  }
  return {
    packet,
    signed,
    insert(xmp) {
      const head = Buffer.from([0xff, 0xe1, 0, 0]);
      head.writeUInt16BE(2 + jpegSignature.length + xmp.length, 2);
      return joinBytes([data.subarray(0, at), head, jpegSignature, xmp, data.subarray(at)]);
    },
  };
}

async function inWebp(data: Buffer): Promise<XmpLocation | undefined> {
  const file = webpFile(data);
  const chunks = await collect(webpChunks(file));
  const [first, ...others] = chunks;
  const header = first && extendedHeader(first);
  if (header === undefined) return undefined;
  header.writeUInt8(header.readUInt8(8) | webpFlags.xmp, 8);
  const rest = first?.type === 'VP8X' ? others : chunks;
  return {
    packet: chunks.find(({ type }) => type === 'XMP ')?.data,
    signed: chunks.some(({ type }) => type === 'C2PA'),
    insert: (packet) =>
      joinWebp([header, ...rest.map(({ whole }) => whole), webpChunk('XMP ', packet)], {
        behind: data.subarray(file.length),
      }),
  };
}

/** A copy of the VP8X chunk, or one made of what a file of a single picture says of itself; RFC 9649, 2.5 to 2.7; RFC 6386, 9.1. */
function extendedHeader({
  type,
  whole,
  data,
}: {
  type: string;
  whole: Buffer;
  data: Buffer;
}): Buffer | undefined {
  if (type === 'VP8X') return data.length === 10 ? Buffer.from(whole) : undefined;
  const header = Buffer.alloc(10);
  if (type === 'VP8 ' && data.length >= 10) {
    const [width, height] = [data.readUInt16LE(6) & 0x3fff, data.readUInt16LE(8) & 0x3fff];
    if (width === 0 || height === 0) return undefined;
    header.writeUIntLE(width - 1, 4, 3);
    header.writeUIntLE(height - 1, 7, 3);
  } else if (type === 'VP8L' && data.length >= 5) {
    const bits = data.readUInt32LE(1);
    header.writeUInt8((bits >>> 28) & 1 ? webpFlags.alpha : 0, 0);
    header.writeUIntLE(bits & 0x3fff, 4, 3);
    header.writeUIntLE((bits >>> 14) & 0x3fff, 7, 3);
  } else return undefined;
  return webpChunk('VP8X', header);
}

function begins(content: Buffer, start: Buffer): boolean {
  return content.subarray(0, start.length).equals(start);
}
