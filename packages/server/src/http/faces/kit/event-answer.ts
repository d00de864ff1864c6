// Answers of faces as streams of events: begun when the task is accepted, with a sign of life while it runs, and with pictures in base64 that go
// from the picture store to the connection piece by piece.
// https://html.spec.whatwg.org/multipage/server-sent-events.html

import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { startInterval, type StartTimer } from '../../../lib/timers.ts';
import { hangUpOnSilence } from '../../pictures/slow-reader.ts';
import { pictureJson, type PictureJson, type PictureReads } from './picture-json.ts';

/** Interval of comments: some proxies close a connection that is silent for longer. */
const beatMs = 15_000;

export interface EventAnswer {
  /** Sends `data` as an event, with a name where there is one. Resolves when the client has taken it, or has gone. */
  send(event: string | undefined, data: unknown): Promise<void>;
  /**
   * Sends `data` as an event while the task still runs, unless the client has not read what was sent before. Resolves as `send` does, which
   * waits for it.
   */
  sendWhileWaiting(event: string, data: unknown): Promise<void>;
  /** Says that the task has ended: from now on a client that reads nothing for a minute is hung up on. `send` says so too. */
  endWaiting(): void;
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
  const events = createEventWriter(raw);
  const stopBeats = startInterval(startTimer, () => events.isWriting() || raw.write(beat), beatMs);
  raw.once('close', stopBeats);
  let hasEnded = false;

  function endWaiting(): void {
    stopBeats();
    if (!hasEnded) hangUpOnSilence(reply);
    hasEnded = true;
  }

  return {
    async send(event, data) {
      const json = await pictureJson(data, pictures);
      endWaiting();
      await events.write(event, json);
    },
    async sendWhileWaiting(event, data) {
      const json = await pictureJson(data, pictures);
      if (!events.isWriting() && !raw.writableNeedDrain) await events.write(event, json);
    },
    endWaiting,
    sendText(text, event) {
      if (!raw.destroyed) raw.write(`${nameOf(event)}data: ${text}\n\n`);
    },
    end() {
      stopBeats();
      raw.end();
    },
  };
}

/** Writes events one after another, each as fast as the client reads. */
function createEventWriter(raw: ServerResponse) {
  let writing = 0;
  let last = Promise.resolve();
  async function writeNow(event: string | undefined, { pieces }: PictureJson): Promise<void> {
    try {
      await write(raw, [Buffer.from(`${nameOf(event)}data: `)]);
      await write(raw, pieces());
      await write(raw, [Buffer.from('\n\n')]);
    } catch {
      // A picture that can't be read to its end: the rest of the event can't be told any more.
      raw.destroy();
    }
    writing -= 1;
  }
  return {
    isWriting: () => writing > 0,
    /** Resolves when the client has taken it, or has gone. */
    write(event: string | undefined, json: PictureJson): Promise<void> {
      writing += 1;
      last = last.then(() => writeNow(event, json));
      return last;
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
