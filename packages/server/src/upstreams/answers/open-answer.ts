// Opens an answer that has come: unpacks it and parses its JSON. What is short is opened at once; what is long, or becomes long, in
// a thread, since nobody but the upstream decides how much work it is.

import { joinBytes } from '../../lib/join-bytes.ts';
import { createThreadPool, ThreadPoolError } from '../../lib/threads/thread-pool.ts';
import { isPacked, unpack, UnpackedTooLargeError } from '../../lib/unpack.ts';
import { parseJson } from './answer-json.ts';

/** To parse so much takes about a millisecond. */
const shortBytes = 256 * 2 ** 10;
const threads = 2;
const threadTimeoutMs = 120_000;

/** An answer as it came. */
export interface ClosedAnswer {
  /** Each with memory of its own, which may move. */
  blocks: Uint8Array<ArrayBuffer>[];
  contentEncoding: string | undefined;
  /** Of what it unpacks to. */
  maxBytes: number;
  /** Whether it is not JSON. */
  isBinary: boolean;
}

export interface OpenedAnswer {
  bytes: Uint8Array;
  /** `undefined` where it is none. In a long answer, long texts are what `answer-thread.ts` makes of them. */
  json: unknown;
}

export interface AnswerOpener {
  /** Throws `UnpackedTooLargeError`; when the signal aborts, rejects with its reason. */
  open(closed: ClosedAnswer, signal: AbortSignal): Promise<OpenedAnswer>;
  close(): Promise<void>;
}

export function createAnswerOpener(): AnswerOpener {
  const pool = createThreadPool({ entry: new URL('./answer-thread.ts', import.meta.url), threads });

  async function openInThread(closed: ClosedAnswer, signal: AbortSignal): Promise<OpenedAnswer> {
    const transfer = closed.blocks.map(({ buffer }) => buffer);
    const beginning = closed.blocks[0]?.slice(0, shortBytes) ?? new Uint8Array(0);
    const options = { transfer, timeoutMs: threadTimeoutMs, signal };
    try {
      const opened = await pool.run<OpenedAnswer | { isTooLarge: true }>(closed, options);
      if ('isTooLarge' in opened) throw new UnpackedTooLargeError(closed.maxBytes);
      return opened;
    } catch (error) {
      // An answer on which a thread has failed is one that can't be read.
      if (error instanceof ThreadPoolError) return { bytes: beginning, json: undefined };
      throw error;
    }
  }

  async function openHere(closed: ClosedAnswer): Promise<OpenedAnswer> {
    const { blocks, contentEncoding, maxBytes, isBinary } = closed;
    const bytes = await unpack(await joinBytes(blocks), contentEncoding, Math.min(maxBytes, shortBytes));
    return { bytes, json: isBinary ? undefined : parseJson(bytes) };
  }

  return {
    async open(closed, signal) {
      const { blocks, contentEncoding, isBinary } = closed;
      const size = blocks.reduce((sum, { length }) => sum + length, 0);
      const packed = isPacked(blocks[0] ?? new Uint8Array(0), contentEncoding);
      if (isBinary && !packed) return { bytes: await joinBytes(blocks), json: undefined };
      if (size > shortBytes) return await openInThread(closed, signal);
      try {
        return await openHere(closed);
      } catch (error) {
        // It unpacks to more than is opened here, which need not be too much.
        if (error instanceof UnpackedTooLargeError) return await openInThread(closed, signal);
        throw error;
      }
    },
    close: () => pool.close(),
  };
}
