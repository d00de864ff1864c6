// Reads the bodies of requests: within what they may hold in memory and how long they may take, and on the event loop only as far as
// that takes no time that anybody notices.

import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { availableParallelism } from 'node:os';
import { RequestError } from '../../core/errors.ts';
import { createThreadPool, type ThreadPool, ThreadPoolError } from '../../lib/threads/thread-pool.ts';
import { codingsIn } from '../../lib/unpack.ts';
import type { Body } from './body-fields.ts';
import { type BodyMemory, type BodyShare, createBodyMemory } from './body-memory.ts';
import type { BodyOutcome, BodyTask } from './body-thread.ts';
import { ClosingError } from '../connections/closing-error.ts';
import { collectBody, smallBodyBytes } from './collect-body.ts';
import { parseBody, type ParseOptions } from './parse-body.ts';
import { createSlowBodies, type Every, keyedPace, strangersPace } from './slow-bodies.ts';

export interface ReadOptions extends Omit<ParseOptions, 'contentType'> {
  /** Key that the body belongs to: of the memory for all, each may have as much as is left for others. */
  keyId: string;
  /** In bytes. */
  limit: number;
  /** How often it exists in memory at most while it is worked with, and so how often it counts. Default: once. */
  copies?: number;
}

/** Says that from now on no more than so many copies of a body exist. */
export type KeepCopies = (copies: number) => void;

export interface BodyReader {
  /**
   * Does `work` with a body and gives what that gives; until then the body counts against the memory. Throws what `work` throws, and
   * `RequestError` (`invalid_request`, `too_large`, `unsupported_media`, `overloaded`).
   */
  use<T>(
    request: IncomingMessage,
    options: ReadOptions,
    work: (body: Body, keep: KeepCopies) => Promise<T>,
  ): Promise<T>;
  /**
   * Reads the small body of somebody at `address` who has yet to show a key in it. Throws as `use` does. It counts no more against
   * anything: what is done with it goes through `hold`.
   */
  readStrangers(
    request: IncomingMessage,
    options: Pick<ReadOptions, 'hashFor' | 'maxPictureBytes' | 'pictures' | 'wanted'> & { address: string },
  ): Promise<{ body: Body; bytes: number }>;
  /** Parses bytes that are there already as a body. Throws as `use` does. Whoever calls it holds them. */
  parse(bytes: Uint8Array, options: ParseOptions & { keyId: string }): Promise<Body>;
  /** Does `work`, during which so many bytes count as a key's body. Throws as `use` does. */
  hold<T>(keyId: string, bytes: number, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A body of a stranger, who has shown no key. */
const strangerBodyBytes = 2 ** 18;
/** As many as a batch of that size has. */
const strangerMembers = 10_000;
/** Some clients write JSON by its words. */
const strangerPieces = 1_000;
const strangersMemory = {
  totalBytes: 16 * 2 ** 20,
  ownerBytes: 4 * 2 ** 20,
  // About what the connection of one holds who sends nothing.
  baseBytes: 4_096,
};
/** The worst that 64 MiB can say takes a second. */
const parseMs = 20_000;

/** Bodies that are being read and worked with at the same time may hold `memoryBytes` together. */
export function createBodyReader({ memoryBytes, every }: { memoryBytes: number; every?: Every }): BodyReader {
  const memory = createBodyMemory({ totalBytes: memoryBytes, refusal: tooMuchAtOnce });
  const strangers = createBodyMemory({
    ...strangersMemory,
    // Strangers have shown nothing, so they are not waited for.
    refusal: () => new ClosingError('overloaded', tooMuch, { retryAfterSeconds }),
  });
  const slow = createSlowBodies(every);
  const pool = createThreadPool({
    entry: new URL('./body-thread.ts', import.meta.url),
    threads: Math.max(1, Math.min(2, availableParallelism() - 1)),
    // Their number is bounded by the memory.
    maxWaiting: Infinity,
  });

  return {
    async use(request, { keyId, limit, copies = 1, ...options }, work) {
      admitEncoding(request);
      const share = memory.open(keyId);
      const body = inCopies(share, copies);
      try {
        const blocks = await collectBody(request, { limit, pace: keyedPace, slow, openShare: () => body });
        const parsed = await parse(pool, blocks, { ...options, contentType: typeOf(request) }, keyId);
        return await work(parsed, body.keep);
      } finally {
        share.close();
      }
    },
    async readStrangers(request, { address, ...options }) {
      admitEncoding(request);
      let share: ReturnType<BodyMemory['open']> | undefined;
      try {
        const blocks = await collectBody(request, {
          limit: strangerBodyBytes,
          tinyPieces: strangerPieces,
          pace: strangersPace,
          slow,
          openShare: (evict) => (share = strangers.open(address, evict)),
        });
        const bytes = Buffer.concat(blocks);
        const limits = { contentType: typeOf(request), maxMembers: strangerMembers };
        return { body: parseBody(bytes, { ...options, ...limits }), bytes: bytes.length };
      } finally {
        share?.close();
      }
    },
    parse: (bytes, { keyId, ...options }) => parse(pool, [movable(bytes)], options, keyId),
    async hold(keyId, bytes, work) {
      const share = memory.open(keyId);
      try {
        share.add(bytes);
        return await work();
      } finally {
        share.close();
      }
    },
    close: () => pool.close(),
  };
}

/** Gives bytes that may go to a thread, which takes their memory over: they may be part of a larger one. */
function movable(bytes: Uint8Array): Buffer {
  const own = bytes.length <= smallBodyBytes ? bytes : new Uint8Array(bytes);
  return Buffer.from(own.buffer, own.byteOffset, own.length);
}

/** A share to which each byte counts so often. */
function inCopies(share: BodyShare, copies: number): BodyShare & { keep: KeepCopies } {
  let counted = copies;
  let bytes = 0;
  return {
    ...share,
    add(more) {
      bytes += more;
      share.add(more * counted);
    },
    keep(left) {
      if (left < counted) share.give((counted - left) * bytes);
      counted = Math.min(left, counted);
    },
  };
}

async function parse(pool: ThreadPool, blocks: Buffer[], options: ParseOptions, by: string): Promise<Body> {
  const size = blocks.reduce((sum, { length }) => sum + length, 0);
  // Small bodies take some milliseconds at worst.
  if (size <= smallBodyBytes) return parseBody(Buffer.concat(blocks), options);
  const transfer = blocks.map(({ buffer }) => buffer as ArrayBuffer);
  try {
    const task: BodyTask = { blocks, options };
    const outcome = await pool.run<BodyOutcome>(task, { by, transfer, timeoutMs: parseMs });
    if ('body' in outcome) return outcome.body;
    const { type, message, details } = outcome.refused;
    throw new RequestError(type, message, details === undefined ? {} : { details });
  } catch (error) {
    throw explain(error);
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof ThreadPoolError)) return error;
  if (error.reason === 'time' || error.reason === 'memory')
    return new RequestError('invalid_request', `The body takes too much ${error.reason} to read.`, {
      cause: error,
    });
  if (error.reason === 'fault') return error;
  return tooMuchAtOnce();
}

const tooMuch = 'Too many large requests at once. Try again in a moment.';
const retryAfterSeconds = 2;

function tooMuchAtOnce(): RequestError {
  return new RequestError('overloaded', tooMuch, { retryAfterSeconds });
}

const typeOf = ({ headers }: IncomingMessage): string => headers['content-type'] ?? '';

function admitEncoding({ headers }: IncomingMessage): void {
  const [coding] = codingsIn(headers['content-encoding']);
  if (coding !== undefined)
    throw new RequestError(
      'unsupported_media',
      `A body in Content-Encoding ${JSON.stringify(coding)} is not taken. Send it uncompressed.`,
    );
}
