// Server-Sent Events: streams that send what there is when their reader takes it, and nothing else is kept for them. A stream that
// is full is not written to; when its reader has caught up, it reads what there is by then.
// https://html.spec.whatwg.org/multipage/server-sent-events.html

import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Emit } from '../../core/events.ts';
import { createOneAgain } from '../../lib/turns/one-again.ts';
import { createLoopQueue, type LoopQueue } from '../../lib/turns/loop-queue.ts';
import type { OpenWaits } from './open-waits.ts';

export interface EventStream {
  /** False while its reader has yet to take what was written. */
  readonly isReady: boolean;
  /** An event of the kind `task`. `data` is a line of JSON. */
  send(id: string, data: string): void;
  /** Resolves when it is this stream's turn to do some work: at once, where others have had theirs. */
  turn(): Promise<void>;
  /** No event: only where the reader is to go on from when it comes again. */
  mark(id: string): void;
  end(): void;
}

export interface EventStreams {
  /**
   * Answers with a stream of this key's. `pump` sends what is new, as long as the stream is ready: it is called soon, whenever `watch`
   * wakes it and no other pump of the stream runs, when the reader has caught up, and once more where it says by `true` that there is more. `watch` returns the function
   * that ends it. The stream ends when its reader may no longer read, which is asked before anything is sent. Throws `RequestError`.
   */
  open(
    reply: FastifyReply,
    keyId: string,
    source: {
      pump: (stream: EventStream) => Promise<boolean | void>;
      watch: (wake: () => void) => () => void;
      mayRead: () => Promise<boolean>;
      /** The task of the link that it was asked for by, where that was no key. */
      linkedTask?: string | undefined;
    },
  ): void;
}

/** How long a reader's browser waits before it comes again. */
const retryMs = 2_000;
/** Silence for longer makes some proxies give up. */
const defaultBeatMs = 15_000;
/** A reader that takes nothing for so many beats is dropped: after 30 to 45 seconds. */
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
      const pumpOnce = createOneAgain(async () => {
        try {
          if (!stream.isReady) return;
          if (!(await mayRead())) stream.end();
          else if (stream.isReady && (await pump(stream)) === true) queue.later(wake);
        } catch (error) {
          // Its reader comes again, and may have more luck then.
          emit('event_stream_failed', { error: error instanceof Error ? error.message : String(error) });
          raw.destroy();
        }
      });
      const wake = () => void pumpOnce();
      async function beatOnce(): Promise<void> {
        if (!stream.isReady) {
          if (++missedBeats > patienceBeats) raw.destroy();
        } else if (!(await mayRead())) stream.end();
        else if (stream.isReady) write(':\n\n');
      }
      const beat = () => void beatOnce();

      const leave = waits.enter(keyId, stream.end, linkedTask);
      reply.hijack();
      // Many tasks change in one commit, and one look finds them all.
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

/** Gives what has `beat` called every so often until its end: by one timer for all, and none while there are none. */
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

/** The writing side of a stream: not ready from a write that fills it until it has drained. */
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
    turn: () => new Promise((resolve) => queue.soon(resolve)),
    mark: (id) => write(`id: ${id}\n\n`),
    end: () => void raw.end(),
  };
  return { stream, write };
}
