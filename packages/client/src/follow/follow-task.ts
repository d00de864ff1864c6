// Follows a task to its end by the best method that the server and the proxies before it let through: events, else long polls, else
// polls. A method that fails while polls are answered is given up for the next; a server that answers nothing is only away, and is
// asked again until it is back.

import { ApiError, NotFoundError } from '../errors.ts';
import type { Deadlines } from '../request/deadline.ts';
import { isPage, isTransient, type Requester } from '../request/request.ts';
import { maxAskedMs } from '../request/retry-delay.ts';
import { isFinal } from '../tasks/tasks.ts';
import type { TaskData } from '../wire/task-types.ts';
import { readTaskEvents } from './task-events.ts';

export interface FollowDependencies {
  requester: Requester;
  random: () => number;
  /** Milliseconds of a clock that never runs backwards. */
  now: () => number;
  /** Silence after which a connection for events counts as dead. The server sends a heartbeat every 15 s. */
  silenceMs: number;
  deadlines: Deadlines;
}

export interface Followed {
  path: string;
  signal: AbortSignal;
  /** Called with each new state of the task. */
  onProgress: (task: TaskData) => void;
}

type Method = 'events' | 'long poll' | 'poll';

const nextMethod = { events: 'long poll', 'long poll': 'poll', poll: 'poll' } as const;
/** Consecutive failures of a method, each with an answered poll in between, after which it is given up. */
const maxFailures = 3;
const waitSeconds = 30;
const longPollTimeoutMs = (waitSeconds + 15) * 1_000;
const minPauseMs = 1_000;
const maxPauseMs = 5_000;

export type FollowTask = (task: Followed) => Promise<TaskData>;

/** Knowledge of the server that all followed tasks share. */
interface Memory {
  firstMethod: Method;
}

interface Following extends FollowDependencies, Followed {
  memory: Memory;
  method: Method;
  /** Whether a poll goes before the next step. */
  plainNext: boolean;
  /** Consecutive failures of this method. */
  failures: number;
  /** Consecutive failed steps of any kind. */
  away: number;
  /** Consecutive answers that the task is unknown. */
  unknown: number;
  polls: number;
  /** Whether the server refused events. The refusal may be a gateway's, so it counts only once a poll is answered as well. */
  lacksEvents: boolean;
  latest: TaskData | undefined;
  /** `latest` as text. */
  shown: string;
  lastEventId: string;
  /** Connections for events since the last event. */
  idleStreams: number;
}

/** Resolves with the task in its final state. Rejects with the signal's reason, with what `onProgress` throws, or with a final `ApiError`. */
export function createFollowTask(dependencies: FollowDependencies): FollowTask {
  // A method that failed for one task saves the others a call each.
  const memory: Memory = { firstMethod: 'events' };
  return async (task) => {
    const following: Following = {
      ...dependencies,
      ...task,
      memory,
      method: memory.firstMethod,
      plainNext: memory.firstMethod !== 'events',
      failures: 0,
      away: 0,
      unknown: 0,
      polls: 0,
      lacksEvents: false,
      latest: undefined,
      shown: '',
      lastEventId: '',
      idleStreams: 0,
    };
    for (;;) {
      const isPlain = following.plainNext || following.method === 'poll';
      const step = isPlain ? poll : steps[following.method];
      const pauseMs = await step(following).then(
        (ms) => {
          following.away = 0;
          following.unknown = 0;
          return ms;
        },
        (error: unknown) => afterFailure(following, error, isPlain),
      );
      if (following.latest !== undefined && isFinal(following.latest)) return following.latest;
      await following.deadlines.pause(pauseMs, task.signal);
    }
  };
}

/** Steps of each method; each resolves with the milliseconds until the next. */
const steps = { events: readEvents, 'long poll': longPoll, poll };

/** Records the state, notifies of a new one, and returns whether it is final. */
function take(following: Following, task: TaskData): boolean {
  const text = JSON.stringify(task);
  const isNew = text !== following.shown;
  following.latest = task;
  following.shown = text;
  if (isNew) following.onProgress(task);
  return isFinal(task);
}

function lowerTo(following: Following, method: Method): void {
  following.method = method;
  following.failures = 0;
  following.plainNext = true;
}

async function readEvents(following: Following): Promise<number> {
  const { requester, path, lastEventId, deadlines, silenceMs, signal, random } = following;
  const end = await readTaskEvents(requester, {
    path: `${path}/events`,
    lastEventId,
    deadlines,
    silenceMs,
    signal,
    take(task, id) {
      following.lastEventId = id;
      following.failures = 0;
      following.idleStreams = 0;
      return take(following, task);
    },
  });
  if (end === null) return 0;
  if (end === 'over') {
    // A connection may be lost before an event. A proxy that lets none through would keep the end of the task from its caller.
    following.idleStreams += 1;
    following.plainNext = following.idleStreams > 1;
    return jittered(minPauseMs, random);
  }
  if (end === 'silent') lowerTo(following, 'long poll');
  else {
    const { refused } = end;
    const isCrowded = refused instanceof ApiError && refused.status === 429;
    if (!isCrowded && isTransient(refused)) throw refused;
    // Too many wait already, and a long poll would be one more of them.
    lowerTo(following, isCrowded ? 'poll' : 'long poll');
    following.lacksEvents = refused instanceof ApiError && refused.type === undefined;
  }
  return 0;
}

async function longPoll(following: Following): Promise<number> {
  const { now, memory, shown: before } = following;
  const startedAt = now();
  const askedMs = await ask(following, `?wait=${waitSeconds}`, longPollTimeoutMs);
  following.failures = 0;
  const elapsedMs = now() - startedAt;
  if (following.shown !== before) return Math.max(0, minPauseMs - elapsedMs);
  if (elapsedMs > (waitSeconds * 1000) / 2) return 0;
  // No news, and no wait for it: this server does not know what was asked of it. Or it is a Plantain that stops.
  lowerTo(following, 'poll');
  if (memory.firstMethod !== 'events') memory.firstMethod = 'poll';
  return askedMs ?? minPauseMs;
}

async function poll(following: Following): Promise<number> {
  const { memory } = following;
  const askedMs = await ask(following, '');
  if (following.lacksEvents && memory.firstMethod === 'events') memory.firstMethod = 'long poll';
  if (following.method !== 'poll') {
    following.plainNext = false;
    return 0;
  }
  following.polls += 1;
  return askedMs ?? growingMs(following.polls);
}

/** Polls once; resolves with the milliseconds until the next poll that the server asks for. */
async function ask(following: Following, query: string, timeoutMs?: number): Promise<number | undefined> {
  const { requester, path, signal } = following;
  const { data, retryAfterMs } = await requester.request<TaskData>('state', {
    path: path + query,
    signal,
    maxRetries: 0,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  take(following, data);
  const seconds = data.poll_after_seconds;
  const askedMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : retryAfterMs;
  return askedMs === undefined ? undefined : Math.min(maxAskedMs, askedMs);
}

/** Returns the milliseconds until the next step; throws an error that no later step can mend. */
function afterFailure(following: Following, error: unknown, isPlain: boolean): number {
  following.signal.throwIfAborted();
  // A gateway whose server is away may answer with a page of its own. Before the server itself has answered, a page without a
  // transient status may be all that there is at this address.
  const isKnown = following.latest !== undefined || following.requester.isKnown();
  const mayPass = isTransient(error) || isPage(error);
  const isUnknown = error instanceof NotFoundError || (isPage(error) && !isTransient(error) && !isKnown);
  if (isUnknown) following.unknown += 1;
  if (following.unknown > 1 || !(isUnknown || mayPass)) throw error;
  following.failures = isPlain ? 0 : following.failures + 1;
  if (following.failures >= maxFailures) lowerTo(following, nextMethod[following.method]);
  following.plainNext = true;
  following.away += 1;
  const asked = error instanceof ApiError ? error.retryAfterSeconds : undefined;
  if (asked !== undefined) return Math.min(maxAskedMs, asked * 1000);
  return jittered(growingMs(following.away), following.random);
}

function growingMs(times: number): number {
  return Math.min(maxPauseMs, minPauseMs * 1.5 ** (times - 1));
}

/** Spreads the clients that lost a server at one moment. */
function jittered(ms: number, random: () => number): number {
  return ms * (0.5 + random() / 2);
}
