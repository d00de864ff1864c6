// One connection to the events of a task. A connection that is silent for longer than the server's heartbeats allow is dead, even
// where it was never closed: after a change of network, a laptop's sleep, or behind a proxy that buffers the whole stream.

import { ConnectionError } from '../errors.ts';
import type { Deadlines } from '../request/deadline.ts';
import type { Requester } from '../request/request.ts';
import type { TaskData } from '../wire/task-types.ts';
import { createEventParser } from './event-stream.ts';

/** End of a connection whose task had not ended. */
export type StreamEnd =
  /** Broke off after bytes had come: it is to be opened again. */
  | 'over'
  /** Ended without a byte. */
  | 'silent'
  /** Never was a stream of events. */
  | { refused: unknown };

/** End of a connection that may be opened again, unlike an event that can't be read. */
class BrokenOffError extends ConnectionError {}

export interface EventsOptions {
  path: string;
  lastEventId: string;
  deadlines: Deadlines;
  silenceMs: number;
  signal: AbortSignal;
  /** Called when the server has begun to answer. */
  onOpen?: () => void;
  /** Called with every state of the task, and the `Last-Event-ID` after it; returns whether that state is the last. */
  take: (task: TaskData, lastEventId: string) => boolean;
  /** Asked before each read: a promise where the connection is to be left alone until it resolves. That counts as no silence. */
  untilTaken?: () => Promise<void> | undefined;
}

/** Resolves with `null` when the task has ended. Rejects with `ConnectionError` where the server can't be reached, or the signal's reason. */
export async function readTaskEvents(
  { open, refusalOf }: Pick<Requester, 'open' | 'refusalOf'>,
  options: EventsOptions,
): Promise<StreamEnd | null> {
  const silence = options.deadlines.start(options.silenceMs, options.signal);
  let hasBytes = false;
  try {
    const { path, lastEventId } = options;
    const resume = lastEventId === '' ? {} : { 'Last-Event-ID': lastEventId };
    const headers = { Accept: 'text/event-stream', ...resume };
    const response = await open({ path, headers }, silence.signal);
    const { body } = response;
    if (!response.ok || body === null || !isEventStream(response))
      return { refused: await refusalOf(response, 'events') };
    options.onOpen?.();
    const ended = await readStream(body, options, {
      onBytes() {
        hasBytes = true;
        silence.restart();
      },
      async beforeRead() {
        const taken = options.untilTaken?.();
        if (taken === undefined) return;
        silence.stop();
        await taken;
        silence.restart();
      },
    });
    return ended ? null : 'over';
  } catch (error) {
    options.signal.throwIfAborted();
    if (silence.isOver) return hasBytes ? 'over' : 'silent';
    if (hasBytes && error instanceof BrokenOffError) return 'over';
    throw error;
  } finally {
    silence.end();
  }
}

async function readStream(
  body: ReadableStream<Uint8Array>,
  { take }: EventsOptions,
  { onBytes, beforeRead }: { onBytes: () => void; beforeRead: () => Promise<void> },
): Promise<boolean> {
  const parser = createEventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      await beforeRead();
      const { value, done } = await reader.read().catch((error: unknown) => {
        throw new BrokenOffError('The connection broke off.', { cause: error });
      });
      if (done) return false;
      onBytes();
      for (const { type, data } of parser.push(decoder.decode(value, { stream: true })))
        if (type === 'task' && take(parse(data), parser.lastEventId)) return true;
    }
  } finally {
    // Without effect on one that broke off.
    reader.cancel().catch(() => {});
  }
}

function isEventStream({ headers, status }: Response): boolean {
  return status === 200 && /^text\/event-stream\b/i.test(headers.get('content-type') ?? '');
}

function parse(text: string): TaskData {
  const task = parseJson(text);
  if (typeof task === 'object' && task !== null && 'state' in task) return task as TaskData;
  throw new ConnectionError('The server sent an event that is no task.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConnectionError('The server sent an event that is no JSON.', { cause: error });
  }
}
