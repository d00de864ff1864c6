// Takes the bytes of a body as they come, within all limits, and copies them out at once: a list of the pieces takes 160 bytes
// for each, and a client may send them of one byte.

import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { RequestError } from '../core/errors.ts';
import type { BodyShare } from './body-memory.ts';
import { ClosingError } from './closing-error.ts';
import type { Pace, SlowBodies } from './slow-bodies.ts';

/** Such a body is left as it came where it came in one piece, whose memory it may share with others. */
export const smallBodyBytes = 65_536;
/** Each but the last is full, so that the memory is that of the body however often it has to grow. */
const blockBytes = 262_144;
const firstBlockBytes = 16_384;
/** A piece costs about a microsecond however small it is. So many are allowed, and one more for each 256 bytes. */
const mostTinyPieces = 10_000;
const pieceBytes = 256;

export interface CollectLimits {
  /** In bytes. */
  limit: number;
  pace: Pace;
  slow: SlowBodies;
  /** Opens the share that the body counts against. It stays open; whoever opened it closes it. */
  openShare: (evict: (reason: RequestError) => void) => BodyShare;
}

/** The body in blocks, each with memory of its own where it is no small one. Throws `RequestError`. */
export function collectBody(
  request: IncomingMessage,
  { limit, pace, slow, openShare }: CollectLimits,
): Promise<Buffer[]> {
  const announced = Number(request.headers['content-length'] ?? NaN);
  if (announced > limit) return Promise.reject(tooLarge(limit));
  // Listeners, not `for await`: that costs a submit a tenth of its time, and destroys the connection when it is left early.
  return new Promise((resolve, reject) => {
    const blocks = createBlocks(announced);
    let pieces = 0;
    const share = openShare(refuse);
    const unwatch = slow.watch(pace, () => blocks.size, refuse);
    function leave(): void {
      unwatch();
      request.off('data', take).off('end', finish).off('close', breakOff).off('error', breakOff);
    }
    function refuse(error: Error): void {
      leave();
      request.pause();
      reject(error);
    }
    function take(chunk: Buffer): void {
      pieces += 1;
      const size = blocks.size + chunk.length;
      if (size > limit) return refuse(tooLarge(limit));
      if (pieces > mostTinyPieces + size / pieceBytes) return refuse(tooManyPieces());
      try {
        share.add(chunk.length);
        blocks.add(chunk);
      } catch (error) {
        refuse(error as Error);
      }
    }
    function finish(): void {
      leave();
      resolve(blocks.all());
    }
    function breakOff(): void {
      refuse(new RequestError('invalid_request', 'The request ended before its body was complete.'));
    }
    request.on('data', take).on('end', finish).on('close', breakOff).on('error', breakOff);
  });
}

/** `announced` is NaN where nobody said how many bytes there will be. */
function createBlocks(announced: number) {
  const full: Buffer[] = [];
  let last: Buffer = Buffer.alloc(0);
  let used = 0;
  let size = 0;
  function grow(): void {
    if (used > 0) full.push(last);
    const wanted = size === 0 ? firstBlockBytes : blockBytes;
    const left = announced - size;
    last = Buffer.allocUnsafeSlow(left > 0 ? Math.min(wanted, left) : wanted);
    used = 0;
  }
  return {
    get size() {
      return size;
    },
    add(chunk: Buffer): void {
      // Nearly every body comes in one piece.
      if (size === 0 && chunk.length === announced && announced <= smallBodyBytes) {
        last = chunk;
        used = size = chunk.length;
        return;
      }
      for (let taken = 0; taken < chunk.length;) {
        if (used === last.length) grow();
        const copied = chunk.copy(last, used, taken);
        taken += copied;
        used += copied;
        size += copied;
      }
    },
    all: () => (used === 0 ? full : [...full, last.subarray(0, used)]),
  };
}

function tooLarge(limit: number): RequestError {
  return new RequestError(
    'too_large',
    `The body is larger than ${limit.toLocaleString('en')} bytes. Send pictures as links, or smaller.`,
  );
}

function tooManyPieces(): ClosingError {
  return new ClosingError(
    'invalid_request',
    'The body came in too many small pieces. Send it in larger ones.',
  );
}
