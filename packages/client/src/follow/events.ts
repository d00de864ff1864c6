// Changes of all tasks of a key, for as long as the caller iterates: a lost connection is opened again, and resumes where it was. While
// the caller is far behind with what has come, no more is read of the connection.

import type { CallOptions } from '../request/call-options.ts';
import type { Deadlines } from '../request/deadline.ts';
import { isPage, isTransient, named, type Requester } from '../request/request.ts';
import { tasksPath } from '../tasks/tasks.ts';
import type { TaskData } from '../wire/task-types.ts';
import { readTaskEvents } from './task-events.ts';

export interface EventsOptions extends CallOptions {
  /** Called when a connection opens, and when it is lost. Changes in between come when it is back. */
  onConnection?: ((connected: boolean) => void) | undefined;
}

/** See `PlantainClient.events`. */
export type Events = (options?: EventsOptions) => AsyncIterable<TaskData>;

const firstPauseMs = 500;
const maxPauseMs = 10_000;
/** Number of changes that may wait for the caller. Reading ahead so far tells of a lost connection before they are all taken. */
const maxWaiting = 100;

interface EventsDependencies {
  requester: Requester;
  random: () => number;
  deadlines: Deadlines;
  silenceMs: number;
}

export function createEvents(dependencies: EventsDependencies): Events {
  return async function* events({ signal, onConnection = () => {} } = {}) {
    const left = new AbortController();
    const leave = () => left.abort(signal?.reason);
    if (signal?.aborted === true) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    const arrived: TaskData[] = [];
    let wake = () => {};
    let readOn = () => {};
    let failure: { error: unknown } | undefined;
    const take = (task: TaskData) => {
      arrived.push(task);
      wake();
    };
    const untilTaken = () =>
      arrived.length < maxWaiting ? undefined : new Promise<void>((resolve) => (readOn = resolve));

    listen(dependencies, { signal: left.signal, onConnection, take, untilTaken }).catch((error: unknown) => {
      failure = { error };
      wake();
    });
    try {
      for (;;) {
        const news = new Promise<void>((resolve) => (wake = resolve));
        for (let task = arrived.shift(); task !== undefined; task = arrived.shift()) yield task;
        readOn();
        if (failure !== undefined) throw failure.error;
        if (arrived.length === 0) await news;
      }
    } finally {
      signal?.removeEventListener('abort', leave);
      leave();
      readOn();
    }
  };
}

/** Reads connections one after the other. Rejects with the signal's reason, or with a final error; never resolves. */
async function listen(
  { requester, random, deadlines, silenceMs }: EventsDependencies,
  {
    signal,
    onConnection,
    take,
    untilTaken,
  }: {
    signal: AbortSignal;
    onConnection: (connected: boolean) => void;
    take: (task: TaskData) => void;
    untilTaken: () => Promise<void> | undefined;
  },
): Promise<never> {
  let lastEventId = '';
  let wasOpen = false;
  let pauseMs = firstPauseMs;
  for (;;) {
    const end = await readTaskEvents(requester, {
      path: `${tasksPath}/events`,
      lastEventId,
      deadlines,
      silenceMs,
      signal,
      onOpen() {
        pauseMs = firstPauseMs;
        wasOpen = true;
        onConnection(true);
      },
      take(task, id) {
        lastEventId = id;
        take(task);
        return false;
      },
      untilTaken,
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!isTransient(error)) throw error;
      return 'over' as const;
    });
    const refused = typeof end === 'object' ? end?.refused : undefined;
    if (refused !== undefined && !isTransient(refused) && !(wasOpen && isPage(refused)))
      throw named(refused, { feature: 'tell of all tasks' });
    onConnection(false);
    await deadlines.pause(pauseMs * (0.5 + random() / 2), signal);
    pauseMs = Math.min(maxPauseMs, pauseMs * 2);
  }
}
