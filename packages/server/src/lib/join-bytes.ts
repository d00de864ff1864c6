// One buffer of many parts, put together without holding up the event loop.

import { Buffer } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** About a millisecond of copying. */
const bytesInOneTurn = 1024 * 1024;
/** As much work as one more part. */
const partBytes = 256;

/** A copy, with memory of its own. `Buffer.concat` of 30 MB would hold up everything else for 10 ms. */
export async function joinBytes(parts: readonly Uint8Array[]): Promise<Buffer<ArrayBuffer>> {
  const joined = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  let left = bytesInOneTurn;
  for (const part of parts)
    for (let start = 0; start < part.length; start += bytesInOneTurn) {
      const piece = part.subarray(start, start + bytesInOneTurn);
      joined.set(piece, at);
      at += piece.length;
      left -= piece.length + partBytes;
      if (left > 0) continue;
      left = bytesInOneTurn;
      await nextTurn();
    }
  return joined;
}
