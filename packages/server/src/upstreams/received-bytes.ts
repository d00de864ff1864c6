// The bytes of an answer while they come, in blocks: what comes in pieces of one byte must not take a hundred times its size, and
// putting 160 MiB together must not hold up the event loop.

import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';

const firstBlockBytes = 64 * 2 ** 10;
const largestBlockBytes = 8 * 2 ** 20;
/** A piece costs a microsecond however small it is: allowed are so many, and one more for each 256 bytes, as in `outside/`. */
const mostTinyPieces = 10_000;
const pieceBytes = 256;

export interface ReceivedBytes {
  /** What is wrong with the answer from now on; `undefined` while all is well. */
  add(piece: Uint8Array): 'too large' | 'too many pieces' | undefined;
  readonly size: number;
  /** What has come, each part with memory of its own. Nothing may be added after it. */
  blocks(): Uint8Array<ArrayBuffer>[];
}

export function createReceivedBytes(maxBytes: number): ReceivedBytes {
  const full: Uint8Array<ArrayBuffer>[] = [];
  let block = new Uint8Array(0);
  let used = 0;
  let size = 0;
  let pieces = 0;

  function append(piece: Uint8Array): void {
    let rest = piece;
    while (rest.length > 0) {
      if (used === block.length) {
        if (used > 0) full.push(block);
        block = new Uint8Array(Math.min(largestBlockBytes, Math.max(firstBlockBytes, size, rest.length)));
        used = 0;
      }
      const part = rest.subarray(0, block.length - used);
      block.set(part, used);
      used += part.length;
      size += part.length;
      rest = rest.subarray(part.length);
    }
  }

  return {
    add(piece) {
      pieces += 1;
      if (size + piece.length > maxBytes) return 'too large';
      if (pieces > mostTinyPieces + size / pieceBytes) return 'too many pieces';
      append(piece);
      return undefined;
    },
    get size() {
      return size;
    },
    blocks: () => (used === 0 ? full : [...full, block.subarray(0, used)]),
  };
}

/** The blocks as one, copied in turns. */
export async function joinBlocks(blocks: readonly Uint8Array[]): Promise<Buffer> {
  const [only] = blocks;
  if (only !== undefined && blocks.length === 1)
    return Buffer.from(only.buffer, only.byteOffset, only.length);
  const joined = Buffer.allocUnsafeSlow(blocks.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const block of blocks) {
    joined.set(block, end);
    end += block.length;
    if (block.length >= largestBlockBytes) await nextTurn();
  }
  return joined;
}
