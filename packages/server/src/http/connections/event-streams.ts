// Server-Sent Events: streams that send what there is when their reader takes it, and nothing else is kept for them. A stream that
// is full is not written to; when its reader has caught up, it reads what there is by then.
// https://html.spec.whatwg.org/multipage/server-sent-events.html

import type { FastifyReply } from 'fastify';
import { createLoopQueue, type LoopQueue } from '../../lib/turns/loop-queue.ts';
import type { Log } from '../../lib/log.ts';
import type { OpenWaits } from './open-waits.ts';

export interface EventStream {
  /** False while its reader has yet to take what was written. */
  readonly isReady: boolean;
  /** An event of the kind `task`. `data` is a line of JSON. */
  send(id: string, data: string): void;
  /** No event: only where the reader is to go on from when it comes again. */
  mark(id: string): void;
  end(): void;
}

export interface EventStreams {
  /**
   * Answers with a stream of this key's. `pump` sends what is new, if the stream is ready: it is called soon, whenever `watch`
   * wakes it, when the reader has caught up, and once more where it says by `true` that there is more. `watch` returns the function
   * that ends it. The stream ends when its reader may no longer read, which is asked before anything is sent. Throws `RequestError`.
   */
  open(
    reply: FastifyReply,
    keyId: string,
    source: {
      pump: (stream: EventStream) => boolean | void;
      watch: (wake: () => void) => () => void;
      mayRead: () => boolean;
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
  log,
  beatMs = defaultBeatMs,
  queue = createLoopQueue(),
}: {
  waits: OpenWaits;
  log: Log;
  beatMs?: number;
  queue?: LoopQueue;
}): EventStreams {
  const beats = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;

  /** One timer for all streams, and none while there are none. */
  function onBeat(beat: () => void): () => void {
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
  }

  return {
    open(reply, keyId, { pump, watch, mayRead, linkedTask }) {
      const { raw } = reply;
      let isFull = false;
      let missedBeats = 0;
      function write(text: string): void {
        isFull = !raw.write(text);
      }
      const stream: EventStream = {
        get isReady() {
          return !isFull && !raw.writableEnded && !raw.destroyed;
        },
        send: (id, data) => write(`event: task\nid: ${id}\ndata: ${data}\n\n`),
        mark: (id) => write(`id: ${id}\n\n`),
        end: () => void raw.end(),
      };
      function wake(): void {
        try {
          if (!stream.isReady) return;
          if (!mayRead()) stream.end();
          else if (pump(stream) === true) queue.later(wake);
        } catch (error) {
          // Its reader comes again, and may have more luck then.
          log.error({ error: error instanceof Error ? error.message : String(error) }, 'event_stream_failed');
          raw.destroy();
        }
      }
      function beat(): void {
        if (stream.isReady && !mayRead()) stream.end();
        else if (stream.isReady) write(':\n\n');
        else if (++missedBeats > patienceBeats) raw.destroy();
      }

      const leave = waits.enter(keyId, stream.end, linkedTask);
      reply.hijack();
      // Many tasks change in one commit, and one look finds them all.
      const endings = [leave, watch(() => queue.later(wake)), onBeat(beat)];
      raw.on('close', () => {
        for (const end of endings) end();
        queue.drop(wake);
      });
      raw.on('drain', () => {
        isFull = false;
        missedBeats = 0;
        queue.soon(wake);
      });
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) raw.setHeader(name, value);
      raw.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-cache',
        'X-Accel-Buffering': 'no',
      });
      write(`retry: ${retryMs}\n\n`);
      if (!waits.isDraining) queue.soon(wake);
      else {
        wake();
        stream.end();
      }
    },
  };
}
