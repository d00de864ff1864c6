// Walks through the blocks of a GIF (www.w3.org/Graphics/GIF/spec-gif89a.txt) and keeps the first picture, with what says
// which of its colours is transparent. Decoders go through all frames before they show one: of a million, in 15 MB, the
// header alone took sharp 0.35.5 seconds.

import { Buffer } from 'node:buffer';
import {
  type BarePicture,
  createBreather,
  createFileParts,
  createPartCounter,
  type Margins,
} from './file-parts.ts';
import { damagedPicture } from '../formats/picture-type.ts';

const headerEnd = 13;
const [extension, image, end] = [0x21, 0x2c, 0x3b];
/** The label of the extension that goes before a picture: its transparency, and how long it is shown. */
const control = 0xf9;
const closing = Buffer.from([end]);

/** Throws `TaskError` (`input_unreachable`) where the first picture is cut off or missing. */
export async function bareGif(bytes: Uint8Array): Promise<BarePicture> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts = createFileParts(bytes);
  const start = headerEnd + paletteBytes(data[10]);
  const blocks = gifBlocks(data, start);
  let controlled: Block | undefined;
  for await (const block of blocks) {
    if (block.kind === control) controlled = block;
    if (block.kind !== image) continue;
    const margins = marginsOf(data, block.start);
    if (margins) parts.add(screenOf(data, block.start));
    parts.keep(margins ? screenEnd : 0, start);
    if (controlled) parts.keep(controlled.start, controlled.end);
    if (margins) parts.add(atOrigin);
    parts.keep(margins ? block.start + atOrigin.length : block.start, block.end);
    if (data[block.end] === end) parts.keep(block.end, block.end + 1);
    else parts.add(closing);
    const animated = await hasPicture(blocks);
    return { bytes: await parts.finish(), orientation: 1, animated, lossy: false, recode: true, margins };
  }
  throw damagedPicture('gif');
}

/** End of the signature, where the measures begin, and their end. */
const [screenStart, screenEnd] = [6, 10];
/** The beginning of a picture that stands in the corner: its mark, and its place. */
const atOrigin = Buffer.from([image, 0, 0, 0, 0]);
/** A canvas of more pixels, the square of 4096, is a mistake of the writer's; then the picture is all there is. */
const maxTransparentPixels = 4096 * 4096;

/**
 * Room of the canvas around a picture, which may also be larger than it. The decoder would fill it with black, and takes some
 * canvases, such as that of 640 x 480, for none (libnsgif in libvips 8.18); so it gets the picture alone.
 */
function marginsOf(data: Buffer, at: number): Margins | undefined {
  const number = (place: number) => (place + 2 > data.length ? 0 : data.readUInt16LE(place));
  const [left, top, width, height] = [number(at + 1), number(at + 3), number(at + 5), number(at + 7)];
  if (width === 0 || height === 0) throw damagedPicture('gif');
  const across = Math.max(number(screenStart), left + width);
  const down = Math.max(number(screenStart + 2), top + height);
  if (across === width && down === height) return undefined;
  if (across * down > maxTransparentPixels) return { left: 0, top: 0, right: 0, bottom: 0 };
  return { left, top, right: across - left - width, bottom: down - top - height };
}

/** The signature, and the measures of the picture at that place for those of the canvas. */
function screenOf(data: Buffer, at: number): Buffer {
  return Buffer.concat([data.subarray(0, screenStart), data.subarray(at + 5, at + 9)]);
}

/** Whether one of the blocks that are left is a picture. What is broken behind the first one is of no matter. */
async function hasPicture(blocks: AsyncGenerator<Block>): Promise<boolean> {
  try {
    for await (const { kind } of blocks) if (kind === image) return true;
  } catch {
    return false;
  }
  return false;
}

interface Block {
  /** `image`, or the label of an extension. */
  kind: number;
  start: number;
  end: number;
}

/** Up to the end of the file or what stands for it. Throws `TaskError` (`input_unreachable`) as `bareGif` does. */
async function* gifBlocks(data: Buffer, from: number): AsyncGenerator<Block> {
  const countPart = createPartCounter('gif');
  const breathe = createBreather();
  for (let at = from; at < data.length && data[at] !== end;) {
    countPart();
    const start = at;
    const isImage = data[at] === image;
    if (!isImage && data[at] !== extension) throw damagedPicture('gif');
    // Place, measures and flags, the colours of this picture alone, the size of its first codes; or a label.
    at += isImage ? 11 + paletteBytes(data[at + 9]) : 2;
    for (let size = data[at]; size !== 0; size = data[at]) {
      if (size === undefined) throw damagedPicture('gif');
      at += 1 + size;
      const pause = breathe();
      if (pause) await pause;
    }
    at += 1;
    yield { kind: (isImage ? image : data[start + 1]) ?? 0, start, end: at };
  }
}

/** The colours that a byte of flags announces, three bytes each. */
function paletteBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
