// Answers of faces as streams of events: begun when the task is accepted, with a sign of life while it runs, and with pictures in base64 that go
// from the picture store to the connection piece by piece.
// https://html.spec.whatwg.org/multipage/server-sent-events.html

import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { startInterval, type StartTimer } from '../../../lib/timers.ts';
import { hangUpOnSilence } from '../../pictures/slow-reader.ts';
import { pictureJson, type PictureReads } from './picture-json.ts';

/** Interval of comments: some proxies close a connection that is silent for longer. */
const beatMs = 15_000;

export interface EventAnswer {
  /** Sends `data` as an event, with a name where there is one. Resolves when the client has taken it, or has gone. */
  send(event: string | undefined, data: unknown): Promise<void>;
  /** Sends a line of text as the data of an event, such as `[DONE]`, also while the task runs; with a name where there is one. */
  sendText(text: string, event?: string): void;
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
      try {
        await write(raw, [Buffer.from(`${nameOf(event)}data: `)]);
        await write(raw, pieces());
        await write(raw, [Buffer.from('\n\n')]);
      } catch {
        // A picture that can't be read to its end: the rest of the event can't be told any more.
        raw.destroy();
      }
    },
    sendText(text, event) {
      if (!raw.destroyed) raw.write(`${nameOf(event)}data: ${text}\n\n`);
    },
    end() {
      stopBeats();
      raw.end();
    },
  };
}

const nameOf = (event: string | undefined): string => (event === undefined ? '' : `event: ${event}\n`);

/** Writes as fast as the client reads, and nothing more once it has gone. Rejects where a piece can't be had. */
async function write(raw: ServerResponse, pieces: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of pieces) {
    if (raw.destroyed) return;
    if (!raw.write(piece)) await untilDrained(raw);
  }
}

/** Resolves when the client has read on, or has gone. One pipeline for each event would leave its listeners behind. */
function untilDrained(raw: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      raw.off('drain', done).off('close', done);
      resolve();
    };
    raw.on('drain', done).on('close', done);
    if (raw.destroyed) done();
  });
}
