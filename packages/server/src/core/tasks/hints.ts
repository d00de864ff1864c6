// What can be said beforehand of a task that has not ended: its position in the queue, when it may start and finish. The store is
// asked at most once a second, and only when somebody asks, however many tasks are asked for.

import { type Clock, isRecent } from '../../lib/clock.ts';
import { DamagedStoreError } from '../errors.ts';
import { type Hints, hintsForPending, hintsForRunning, type ModelLoad, nothingKnown } from './estimates.ts';
import type { Task } from './task.ts';
import type { TaskStore } from './task-store.ts';
import type { Waiting } from './waiting.ts';

/** Hints for a pending or running task; `waiting` is what is known to hold it back. */
export type HintsOf = (task: Task, waiting: Waiting | null) => Hints;

/** How long hints, and what they are made from, are believed. */
export const hintsLastMs = 1_000;
/** Of each need, so that a long queue costs no more than a few milliseconds; who stands behind them has no known position. */
const queueLength = 2_000;
/** The latest ended tasks of all models; of them up to 50 count for each model. */
const recentTasks = 200;
const runsPerModel = 50;

type QueueEntry = { dueAt: number; id: string };

interface Snapshot {
  at: number;
  durationsMs: Map<string, number[]>;
  /** Model and begin of each run under way. */
  /** `null` where the store can't say. */
  running: { model: string; since: number | null }[] | null;
  queues: Map<string, Queue>;
}

interface Queue {
  entries: QueueEntry[];
  isWhole: boolean;
}
const unknownQueue: Queue = { entries: [], isWhole: false };

/** `concurrency` is how many tasks the server runs at once. */
export function createHints({
  store,
  clock,
  concurrency,
}: {
  store: Pick<TaskStore, 'recentRuns' | 'running' | 'pendingQueue'>;
  clock: Clock;
  concurrency: number;
}): HintsOf {
  let latest: Snapshot | null = null;

  function snapshot(now: number): Snapshot {
    if (latest !== null && isRecent(latest.at, now, hintsLastMs)) return latest;
    const durationsMs = new Map<string, number[]>();
    for (const { model, durationMs } of unlessDamaged(() => store.recentRuns(recentTasks)) ?? []) {
      const known = durationsMs.get(model) ?? [];
      if (known.length < runsPerModel) known.push(durationMs);
      durationsMs.set(model, known);
    }
    latest = { at: now, durationsMs, running: unlessDamaged(() => store.running()), queues: new Map() };
    return latest;
  }

  function positionOf(task: Task, { queues }: Snapshot): number | null {
    let queue = queues.get(task.model);
    if (queue === undefined) {
      queue = unlessDamaged(() => store.pendingQueue(task.model, queueLength)) ?? unknownQueue;
      queues.set(task.model, queue);
    }
    const { entries, isWhole } = queue;
    const before = countBefore(entries, task);
    return before < entries.length || isWhole ? before + 1 : null;
  }

  return (task, waiting) => {
    const now = clock.now();
    const known = snapshot(now);
    const durationsMs = known.durationsMs.get(task.model) ?? [];
    if (task.state === 'running') {
      const open = task.attempts.findLast(({ finishedAt }) => finishedAt === null);
      return hintsForRunning(open?.startedAt ?? now, durationsMs, now);
    }
    const { running } = known;
    if (running === null) return { ...nothingKnown, queuePosition: positionOf(task, known) };
    const load: ModelLoad = {
      durationsMs,
      runningSince: running.filter(({ model }) => model === task.model).map(({ since }) => since ?? now),
      freeSlots: concurrency - running.length,
    };
    const pending = {
      position: positionOf(task, known),
      notBefore: Math.max(task.dueAt, waiting?.until ?? 0),
      // A task that waits for its own next try holds no slot, and finds one when it is due.
      isHeld: waiting !== null && waiting.reason !== 'retry',
    };
    return hintsForPending(pending, load, now);
  };
}

/** Gives what the store does; `null` where it lies on a damaged page, which the store has told: a task is shown without hints then. */
function unlessDamaged<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof DamagedStoreError) return null;
    throw error;
  }
}

/** How many stand before a task in a queue by due time, then id; it need not be in there itself. */
function countBefore(entries: readonly QueueEntry[], { dueAt, id }: QueueEntry): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = entries[middle];
    if (other !== undefined && (other.dueAt < dueAt || (other.dueAt === dueAt && other.id < id)))
      low = middle + 1;
    else high = middle;
  }
  return low;
}
