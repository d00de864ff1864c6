// Server-Sent Events. Nothing is stored for a reader that is slow: while its connection is full, nothing is written to it. When
// the reader has caught up, the stream looks up what is new by then.
// https://html.spec.whatwg.org/multipage/server-sent-events.html

import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { isDatabaseAway } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { createOneAgain } from '../../lib/turns/one-again.ts';
import { createLoopQueue, type LoopQueue } from '../../lib/turns/loop-queue.ts';
import type { OpenWaits } from './open-waits.ts';

export interface EventStream {
  /** False while the reader has not taken what was written, and once the stream has ended. */
  readonly isReady: boolean;
  /** Sends an event of the type `task`. `data` is one line of JSON, `id` the position from which a reader can resume. */
  send(id: string, data: string): void;
  /** Sends an event without a type and a position, as clients of other APIs read them. */
  sendPlain(data: string): void;
  /** Resolves when this stream may do some work. Streams take turns, so that one with much to send does not delay the others. */
  turn(): Promise<void>;
  /** Sends a position without an event, from which a reader that reconnects resumes. */
  mark(id: string): void;
  end(): void;
}

export interface EventStreams {
  /**
   * Answers with an event stream, which counts as one of the key's. `pump` sends what is new while the stream is ready. It is
   * called at the start, when `watch` wakes the stream, when the reader has caught up, and again after it returned `true`, which
   * says that there is more; never twice at a time. `watch` returns the function that ends the watching. `mayRead` is called
   * before anything is sent, and the stream ends when it gives `false`. Throws `RequestError`.
   */
  open(reply: FastifyReply, keyId: string, source: StreamSource): void;
}

/** Source of a stream's events. */
interface StreamSource {
  pump: (stream: EventStream) => Promise<boolean | void>;
  watch: (wake: () => void) => () => void;
  mayRead: () => Promise<boolean>;
  /** Task of the signed link that opened the stream; left out where a key opened it. */
  linkedTask?: string | undefined;
}

/** Time after which a browser reconnects. */
const retryMs = 2_000;
/** Interval of signs of life: some proxies close a connection that is silent for longer. */
const defaultBeatMs = 15_000;
/** Number of beats that a reader may miss. The connection of one that takes nothing is closed after 30 to 45 seconds. */
const patienceBeats = 2;

export function createEventStreams({
  waits,
  emit,
  beatMs = defaultBeatMs,
  queue = createLoopQueue(),
}: {
  waits: OpenWaits;
  emit: Emit;
  beatMs?: number;
  queue?: LoopQueue;
}): EventStreams {
  const onBeat = createBeats(queue, beatMs);
  return {
    open(reply, keyId, { pump, watch, mayRead, linkedTask }) {
      const { raw } = reply;
      let missedBeats = 0;
      const { stream, write } = createStream(raw, queue);
      const orClose = closingOnError(raw, emit);
      const reading = createReading(stream, { pump, mayRead, more: () => queue.later(wake) });
      const pumpOnce = createOneAgain(() => orClose(reading.pump));
      const wake = () => void pumpOnce();
      const beatOnce = async () => {
        if (!stream.isReady) {
          if (++missedBeats > patienceBeats) raw.destroy();
          return;
        }
        if (await reading.isBehind()) wake();
        if (stream.isReady) write(':\n\n');
      };
      const beat = () => void orClose(beatOnce);

      const leave = waits.enter(keyId, stream.end, linkedTask);
      reply.hijack();
      // Not at once: many tasks change in one commit, and one pump sends them all.
      const endings = [leave, watch(() => queue.later(wake)), onBeat(beat)];
      const leaveAll = () => {
        for (const end of endings) end();
        queue.drop(wake);
      };
      raw.on('close', leaveAll);
      if (raw.destroyed) leaveAll();
      raw.on('drain', () => {
        missedBeats = 0;
        queue.soon(wake);
      });
      writeHead(reply);
      write(`retry: ${retryMs}\n\n`);
      if (!waits.isDraining) queue.soon(wake);
      else void pumpOnce().then(stream.end);
    },
  };
}

/**
 * Reads for a stream whose reader may still have it. While the store's database is away nothing is sent, and the stream stays: a browser that
 * reconnects then is refused, and never tries again.
 */
function createReading(
  stream: EventStream,
  { pump, mayRead, more }: Pick<StreamSource, 'pump' | 'mayRead'> & { more: () => void },
) {
  let isBehind = false;
  const whileAllowed = (work: () => Promise<void>) =>
    isAwayDuring(async () => {
      if (await mayRead()) await work();
      else stream.end();
    });
  return {
    async pump() {
      if (!stream.isReady) return;
      isBehind = await whileAllowed(async () => {
        if (stream.isReady && (await pump(stream)) === true) more();
      });
    },
    /** Whether the database was away when there was something to send, and is there. */
    async isBehind(): Promise<boolean> {
      const isAway = await whileAllowed(async () => {});
      return isBehind && !isAway;
    },
  };
}

/** Does some work; resolves with whether the store's database was away, so that it could not be done. */
async function isAwayDuring(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (isDatabaseAway(error)) return true;
    throw error;
  }
}

/** Gives a function that does some work, and closes the connection where it fails. The reader reconnects, and may succeed then. */
function closingOnError(raw: ServerResponse, emit: Emit): (work: () => Promise<void>) => Promise<void> {
  return async (work) => {
    try {
      await work();
    } catch (error) {
      emit('event_stream_failed', { error: error instanceof Error ? error.message : String(error) });
      raw.destroy();
    }
  };
}

/**
 * Gives a function that has `beat` called at each interval, and returns the function that ends this. All beats share one timer,
 * which runs only while there are any.
 */
function createBeats(queue: LoopQueue, beatMs: number): (beat: () => void) => () => void {
  const beats = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  return (beat) => {
    beats.add(beat);
    timer ??= setInterval(() => {
      for (const each of beats) queue.soon(each);
    }, beatMs).unref();
    return () => {
      beats.delete(beat);
      queue.drop(beat);
      if (beats.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
}

function writeHead(reply: FastifyReply): void {
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
  });
}

/**
 * Makes the writing side of a stream. It is not ready from a write that fills the connection until the connection has drained.
 */
function createStream(
  raw: ServerResponse,
  queue: LoopQueue,
): { stream: EventStream; write: (text: string) => void } {
  let isFull = false;
  raw.on('drain', () => {
    isFull = false;
  });
  function write(text: string): void {
    isFull = !raw.write(text);
  }
  const stream: EventStream = {
    get isReady() {
      return !isFull && !raw.writableEnded && !raw.destroyed;
    },
    send: (id, data) => write(`event: task\nid: ${id}\ndata: ${data}\n\n`),
    sendPlain: (data) => write(`data: ${data}\n\n`),
    turn: () => new Promise((resolve) => queue.soon(resolve)),
    mark: (id) => write(`id: ${id}\n\n`),
    end: () => void raw.end(),
  };
  return { stream, write };
}
