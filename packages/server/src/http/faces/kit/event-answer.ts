// Answers of faces as streams of events: begun when the task is accepted, with a sign of life while it runs, and with pictures in base64 that go
// from the picture store to the connection piece by piece.
// https://html.spec.whatwg.org/multipage/server-sent-events.html

import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';
import { startInterval, type StartTimer } from '../../../lib/timers.ts';
import { hangUpOnSilence } from '../../pictures/slow-reader.ts';
import { pictureJson, type PictureReads } from './picture-json.ts';

/** Interval of comments: some proxies close a connection that is silent for longer. */
const beatMs = 15_000;

export interface EventAnswer {
  /** Sends `data` as an event, with a name where there is one. Resolves when the client has taken it, or has gone. */
  send(event: string | undefined, data: unknown): Promise<void>;
  /** Sends a line of text as the data of an event, such as `[DONE]`, also while the task runs. */
  sendText(text: string): void;
  end(): void;
}

export interface EventAnswerParts {
  pictures: PictureReads;
  startTimer: StartTimer;
}

/** Begins the stream with the headers that the reply has so far. `comment` is said at once, and again while nothing else is. */
export function beginEvents(
  reply: FastifyReply,
  { pictures, startTimer }: EventAnswerParts,
  comment = '',
): EventAnswer {
  const { raw } = reply;
  const beat = `:${comment === '' ? '' : ` ${comment}`}\n\n`;
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
  });
  // The first bytes at once, so that the client has its answer.
  raw.write(beat);
  const stopBeats = startInterval(startTimer, () => void raw.write(beat), beatMs);
  raw.once('close', stopBeats);
  let isWatched = false;
  return {
    async send(event, data) {
      const { pieces } = await pictureJson(data, pictures);
      stopBeats();
      if (!isWatched) hangUpOnSilence(reply);
      isWatched = true;
      async function* lines() {
        yield Buffer.from(event === undefined ? 'data: ' : `event: ${event}\ndata: `);
        yield* pieces();
        yield Buffer.from('\n\n');
      }
      // A client that goes away meanwhile breaks the connection and nothing else.
      await pipeline(Readable.from(lines(), { objectMode: false }), raw, { end: false }).catch(() =>
        raw.destroy(),
      );
    },
    sendText: (text) => void raw.write(`data: ${text}\n\n`),
    end() {
      stopBeats();
      raw.end();
    },
  };
}
