// Walks through the blocks of a GIF (www.w3.org/Graphics/GIF/spec-gif89a.txt) and keeps the first picture, with what says
// which of its colours is transparent. Decoders go through all frames before they show one: of a million, in 15 MB, the
// header alone took sharp 0.35.5 seconds.

import { Buffer } from 'node:buffer';
import { type BarePicture, createBreather, createFileParts, createPartCounter } from './file-parts.ts';
import { damagedPicture } from './picture-type.ts';

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
  parts.keep(0, start);
  const blocks = gifBlocks(data, start);
  let controlled: Block | undefined;
  for await (const block of blocks) {
    if (block.kind === control) controlled = block;
    if (block.kind !== image) continue;
    if (controlled) parts.keep(controlled.start, controlled.end);
    parts.keep(block.start, block.end);
    if (data[block.end] === end) parts.keep(block.end, block.end + 1);
    else parts.add(closing);
    const animated = await hasPicture(blocks);
    return { bytes: await parts.finish(), orientation: 1, animated, lossy: false, recode: true };
  }
  throw damagedPicture('gif');
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
