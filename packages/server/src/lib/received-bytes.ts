// Bytes while they come, in blocks: what comes in pieces of one byte must not take a hundred times its size.

import { Buffer } from 'node:buffer';

/**
 * A piece costs a microsecond (measured) however small it is, so floods of tiny ones would take all of the server's time: allowed are so
 * many, and one more for each 256 bytes. The slowest network brings 500 bytes in each.
 */
const maxTinyPieces = 10_000;
const pieceBytes = 256;

/** Whether so many bytes came in more pieces than any network makes of them. */
export function isInTinyPieces(bytes: number, pieces: number, allowed = maxTinyPieces): boolean {
  return pieces > allowed + bytes / pieceBytes;
}

export interface ReceivedBytes {
  /** Takes a piece and tells what is wrong with all that comes from now on; `undefined` while all is well. */
  add(piece: Uint8Array): 'too large' | 'too many pieces' | undefined;
  readonly size: number;
  /** Gives all that has come, each part with memory of its own. Nothing may be added after it. */
  blocks(): Buffer<ArrayBuffer>[];
}

/** `announced`: how many bytes there will be, `NaN` where nobody said. */
export function createReceivedBytes({
  maxBytes,
  announced = NaN,
  firstBlockBytes = 64 * 2 ** 10,
  largestBlockBytes = 8 * 2 ** 20,
  tinyPieces = maxTinyPieces,
}: {
  maxBytes: number;
  announced?: number;
  firstBlockBytes?: number;
  largestBlockBytes?: number;
  tinyPieces?: number;
}): ReceivedBytes {
  /** Each but the last is full, so that the memory is that of the bytes however often it has to grow. */
  const full: Buffer<ArrayBuffer>[] = [];
  let block = Buffer.alloc(0);
  let used = 0;
  let size = 0;
  let pieces = 0;

  function grow(more: number): void {
    if (used > 0) full.push(block);
    const wanted = Math.min(largestBlockBytes, Math.max(firstBlockBytes, size, more));
    const left = announced - size;
    block = Buffer.allocUnsafeSlow(left > 0 ? Math.min(wanted, left) : wanted);
    used = 0;
  }

  function append(piece: Uint8Array): void {
    for (let taken = 0; taken < piece.length;) {
      if (used === block.length) grow(piece.length - taken);
      const part = piece.subarray(taken, taken + block.length - used);
      block.set(part, used);
      used += part.length;
      size += part.length;
      taken += part.length;
    }
  }

  return {
    add(piece) {
      pieces += 1;
      if (size + piece.length > maxBytes) return 'too large';
      if (isInTinyPieces(size, pieces, tinyPieces)) return 'too many pieces';
      append(piece);
      return undefined;
    },
    get size() {
      return size;
    },
    blocks: () => (used === 0 ? full : [...full, block.subarray(0, used)]),
  };
}
