// Collects the bytes of a body within all limits. Pieces are copied as they come: a list of them would take 160 bytes for each, and a
// client may send pieces of one byte.

import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../core/errors.ts';
import { createReceivedBytes } from '../../lib/received-bytes.ts';
import type { BodyShare } from './body-memory.ts';
import { ClosingError } from '../connections/closing-error.ts';
import type { Pace, SlowBodies } from './slow-bodies.ts';

/** Largest body that is not copied where it came in one piece. It may share the memory of that piece with others. */
export const smallBodyBytes = 65_536;
const blocks = { firstBlockBytes: 16_384, largestBlockBytes: 262_144 };

export interface CollectLimits {
  /** Maximal size in bytes. */
  limit: number;
  /** Maximal number of pieces smaller than those of a network; default as in `lib/received-bytes.ts`. */
  tinyPieces?: number;
  pace: Pace;
  slow: SlowBodies;
  /** Opens the share that the body counts against. It stays open; whoever opened it closes it. */
  openShare: (evict: (reason: RequestError) => void) => BodyShare;
}

/** Collects the body in blocks. Each block of a large body has memory of its own. Throws `RequestError`. */
export function collectBody(
  request: IncomingMessage,
  { limit, tinyPieces, pace, slow, openShare }: CollectLimits,
): Promise<Buffer[]> {
  const announced = Number(request.headers['content-length'] ?? NaN);
  if (announced > limit) return Promise.reject(tooLarge(limit));
  if (request.readableEnded) return Promise.resolve([]);
  // Listeners, not `for await`: that costs a submit a tenth of its time, and destroys the connection when it is left early.
  return new Promise((resolve, reject) => {
    const received = createReceivedBytes({
      maxBytes: limit,
      announced,
      ...blocks,
      ...(tinyPieces === undefined ? {} : { tinyPieces }),
    });
    let only: Buffer | undefined;
    const share = openShare(refuse);
    const unwatch = slow.watch(pace, () => received.size, refuse);
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
      try {
        share.add(chunk.length);
      } catch (error) {
        return refuse(error as Error);
      }
      // Nearly every body comes in one piece.
      if (chunk.length === announced && announced <= smallBodyBytes) {
        only = chunk;
        return;
      }
      const fault = received.add(chunk);
      if (fault !== undefined) refuse(fault === 'too large' ? tooLarge(limit) : tooManyPieces());
    }
    function finish(): void {
      leave();
      resolve(only === undefined ? received.blocks() : [only]);
    }
    function breakOff(): void {
      refuse(new RequestError('invalid_request', 'The request ended before its body was complete.'));
    }
    request.on('data', take).on('end', finish).on('close', breakOff).on('error', breakOff);
  });
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
