// Events of a stream, read while it still comes. The whole is read at its end as any other answer is; here is what can be known before, so
// whatever is too long, too much or no JSON is passed over, and nothing here fails a call.

import type { IncomingHttpHeaders } from 'node:http';
import type { ReceivedBytes } from '../../lib/received-bytes.ts';
import { createReceivedBytes } from '../../lib/received-bytes.ts';

/** Events that a call wants to see while the stream comes. */
export interface WantedEvents {
  /**
   * Gets what each event holds, in their order; anything, as the upstream decides it. Tells whether the answer is whole with it, so that nothing
   * of use is lost where the stream breaks off, or never ends. It must not throw.
   */
  onEvent(json: unknown): boolean;
  /** Most events of more than 4 KiB that are read. Shorter ones, such as signs of life, are bounded by their lines alone. */
  maxLongEvents: number;
  /** Most bytes of one that is read. */
  maxEventBytes: number;
}

export interface LiveEvents {
  /** Takes a piece of an answer; of one that is no success and no plain stream of events nothing is told. */
  add(piece: Uint8Array, answer: { status: number; headers: IncomingHttpHeaders }): void;
  /** Resolves when what has come was read. */
  settled(): Promise<void>;
  /** Whether an event that was read has made the answer whole. */
  isWhole(): boolean;
  /** Ends the reading: no event is told any more. */
  stop(): void;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;
/** Bytes of an event beyond which it is long: an event with a picture is, and a sign of life is not. */
const longBytes = 4 * 2 ** 10;
/** Lines of all events and comments: some gateways send one each second while they wait. */
const maxLines = 10_000;

/** Reads events; `parse` gives what the bytes of one hold, and `onWhole` hears of the first that makes the answer whole. */
export function createLiveEvents(
  parse: (blocks: Uint8Array<ArrayBuffer>[]) => Promise<unknown>,
  { onEvent, maxLongEvents, maxEventBytes }: WantedEvents,
  onWhole: () => void = () => {},
): LiveEvents {
  let isWhole = false;
  let reading = Promise.resolve();
  let longEvents = 0;
  let isOver = false;

  async function read(blocks: Uint8Array<ArrayBuffer>[]): Promise<void> {
    if (isOver) return;
    const json = await parse(blocks);
    if (isOver || !onEvent(json) || isWhole) return;
    isWhole = true;
    onWhole();
  }

  const split = createSplitter(maxEventBytes, (blocks) => {
    if (blocks === null || sizeOf(blocks) > longBytes) longEvents += 1;
    if (blocks !== null) reading = reading.then(() => read(blocks)).catch(() => {});
    return longEvents < maxLongEvents;
  });
  return {
    add(piece, answer) {
      if (!isOver && longEvents < maxLongEvents && isStream(answer)) split(piece);
    },
    settled: () => reading,
    isWhole: () => isWhole,
    stop: () => void (isOver = true),
  };
}

/**
 * Gives the function that takes the pieces of a stream and tells of each event at its end, which is an empty line: the bytes, or `null` where
 * they are too many. `onEnd` says whether more are wanted.
 */
function createSplitter(
  maxBytes: number,
  onEnd: (blocks: Uint8Array<ArrayBuffer>[] | null) => boolean,
): (piece: Uint8Array) => void {
  // Most of what ends is a sign of life, or a few bytes.
  const begin = () => createReceivedBytes({ maxBytes, firstBlockBytes: 1_024 });
  let lines = 0;
  let received: ReceivedBytes | null = begin();
  /** Whether the event has a line that is no comment, as gateways send them while they wait. */
  let hasField = false;
  /** Whether the line that has not ended has nothing but, perhaps, a carriage return. */
  let isBlank = true;

  function keep(piece: Uint8Array): void {
    if (piece.length > 0 && received?.add(piece) !== undefined) received = null;
  }

  /** Looks at the beginning of a line. */
  function look(first: number | undefined): void {
    if (first === undefined || first === carriageReturn) return;
    isBlank = false;
    hasField ||= first !== colon;
  }

  /** Gives whether more events are wanted. */
  function endEvent(): boolean {
    const ended = received;
    const isEvent = hasField;
    received = begin();
    hasField = false;
    return isEvent ? onEnd(ended?.blocks() ?? null) : true;
  }

  return (piece) => {
    for (let at = 0; at < piece.length && lines < maxLines;) {
      const end = piece.indexOf(newline, at);
      keep(piece.subarray(at, end < 0 ? piece.length : end + 1));
      if (isBlank && end !== at) look(piece[at]);
      if (end < 0) return;
      lines += 1;
      if (isBlank && !endEvent()) return;
      isBlank = true;
      at = end + 1;
    }
  };
}

function sizeOf(blocks: readonly Uint8Array[]): number {
  return blocks.reduce((sum, { length }) => sum + length, 0);
}

/** Streams are asked for as they are, so that a packed one is nothing to wait for. */
function isStream({ status, headers }: { status: number; headers: IncomingHttpHeaders }): boolean {
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = headers;
  return status >= 200 && status < 300 && coding === 'identity' && /^text\/event-stream\b/i.test(type);
}
