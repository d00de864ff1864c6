// Makes of a bare picture a file that sharp can read. A HEIC or a BMP is decoded in a thread, which ends when nobody waits for it
// any more, and at a limit in time; what comes out is a TIFF without compression, of 3 or 4 bytes a pixel.

import { joinBytes } from '../lib/join-bytes.ts';
import { createThreadPool, ThreadPoolError } from '../lib/threads/thread-pool.ts';
import { inputFailure } from '../core/errors.ts';
import type { DecodeTask } from './decode-thread.ts';
import type { BarePicture } from './bare/file-parts.ts';

/** As many as the gate of inputs and results lets decode; those of renditions wait for a thread that is free. */
const threads = 2;
const timeoutMs = 60_000;

const pool = createThreadPool({ entry: new URL('./decode-thread.ts', import.meta.url), threads });

/**
 * For work that has its turn at the gate. Rejects for pixels that can't be decoded or take longer than a minute, and with the signal's reason.
 */
export async function readablePicture(
  { bytes, convert, decodedPixels }: BarePicture,
  { maxPixels, signal }: { maxPixels: number; signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  if (convert === undefined) return bytes;
  const { from, profile } = convert;
  // The picture may be wanted again, so a copy of it moves.
  const file = await joinBytes([bytes]);
  const task: DecodeTask = { file, from, profile, maxPixels: decodedPixels ?? maxPixels };
  const tiff = await pool
    .run<Uint8Array | null | 'absent'>(task, {
      transfer: [file.buffer],
      timeoutMs,
      endWithSignal: true,
      ...(signal && { signal }),
    })
    .catch((error: unknown) => {
      throw error instanceof ThreadPoolError ? threadFailure(from, error) : error;
    });
  if (tiff === 'absent') throw decoderAbsent();
  if (tiff === null) throw new Error(`The ${from} can't be decoded.`);
  return tiff;
}

function threadFailure(from: DecodeTask['from'], error: ThreadPoolError): Error {
  const type = from.toUpperCase();
  // The bytes made the decoder fail.
  if (error.reason === 'fault') return error;
  if (error.reason === 'time')
    return inputFailure(
      `The ${type} picture takes more than ${timeoutMs / 1000} s to decode. Send it as JPEG or PNG.`,
      { whatCame: `a picture of type ${type} that takes too long to decode` },
    );
  return inputFailure(
    `This server has no room to decode the ${type} picture at the moment. Try again, or send it as JPEG or PNG.`,
    { cause: error, retryable: true, whatCame: `a picture of type ${type} that there was no room to decode` },
  );
}

/** As after an installation without its dependencies. */
function decoderAbsent(): Error {
  return inputFailure(
    "The picture is HEIC, and this server can't read it: its decoder, libheif-js, is not there. Send it as JPEG or PNG, or tell the operator to install the server anew.",
    { whatCame: 'a HEIC picture' },
  );
}
