// Estimates for a task that has not ended: its position in the queue, when it may start and finish. It is reckoned from a
// snapshot, which is refreshed at most once a second, and only when somebody asks, however many tasks are asked for.

import { type Clock, isRecent } from '../../lib/clock.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import { DamagedStoreError } from '../errors.ts';
import { type Hints, hintsForPending, hintsForRunning, type ModelLoad, nothingKnown } from './estimates.ts';
import type { Task } from './task.ts';
import type { TaskLoad } from './task-reads.ts';
import type { Waiting } from './waiting.ts';

/** Hints from a snapshot of the store. */
export interface TaskHints {
  /** Whether the snapshot has all that concerns this task, and is recent. */
  isFresh(task: Task): boolean;
  /** Makes it so. The store is read at most once a second, however many ask. */
  refresh(task: Task): Promise<void>;
  /** Hints for a pending or running task; `waiting` is what is known to hold it back. */
  of(task: Task, waiting: Waiting | null): Hints;
}

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
  /** Model and begin of each run under way; `null` where the store can't say. */
  running: { model: string; since: number | null }[] | null;
  /** By model: of those that somebody asked for. */
  queues: Map<string, Queue>;
}

interface Queue {
  entries: QueueEntry[];
  isWhole: boolean;
}
const unknownQueue: Queue = { entries: [], isWhole: false };
const nothingRead: Snapshot = {
  at: Number.NEGATIVE_INFINITY,
  durationsMs: new Map(),
  running: null,
  queues: new Map(),
};

/** `concurrency` is how many tasks the server runs at once. */
export function createHints({
  store,
  clock,
  concurrency,
}: {
  store: TaskLoad;
  clock: Clock;
  concurrency: number;
}): TaskHints {
  let latest = nothingRead;
  const reads = createReadsInFlight<Snapshot>();
  const queueReads = createReadsInFlight<Queue>();
  const isRecentNow = () => isRecent(latest.at, clock.now(), hintsLastMs);
  const isFresh = ({ state, model }: Task) =>
    isRecentNow() && (state !== 'pending' || latest.queues.has(model));

  return {
    isFresh,
    async refresh(task) {
      if (!isRecentNow())
        await reads.read(
          '',
          () => readSnapshot(store, clock.now()),
          (snapshot) => {
            latest = snapshot;
          },
        );
      const { model } = task;
      if (!isFresh(task))
        await queueReads.read(
          model,
          () => readQueue(store, model),
          (queue) => latest.queues.set(model, queue),
        );
    },
    of: (task, waiting) => hintsFrom(latest, { task, waiting, concurrency, now: clock.now() }),
  };
}

async function readSnapshot(store: TaskLoad, at: number): Promise<Snapshot> {
  const [runs, running] = await Promise.all([
    unlessDamaged(() => store.recentRuns(recentTasks)),
    unlessDamaged(() => store.running()),
  ]);
  const durationsMs = new Map<string, number[]>();
  for (const { model, durationMs } of runs ?? []) {
    const known = durationsMs.get(model) ?? [];
    if (known.length < runsPerModel) known.push(durationMs);
    durationsMs.set(model, known);
  }
  return { at, durationsMs, running, queues: new Map() };
}

async function readQueue(store: TaskLoad, model: string): Promise<Queue> {
  return (await unlessDamaged(() => store.pendingQueue(model, queueLength))) ?? unknownQueue;
}

function hintsFrom(
  snapshot: Snapshot,
  {
    task,
    waiting,
    concurrency,
    now,
  }: { task: Task; waiting: Waiting | null; concurrency: number; now: number },
): Hints {
  const durationsMs = snapshot.durationsMs.get(task.model) ?? [];
  if (task.state === 'running') {
    const open = task.attempts.findLast(({ finishedAt }) => finishedAt === null);
    return hintsForRunning(open?.startedAt ?? now, durationsMs, now);
  }
  const { running } = snapshot;
  const position = positionOf(task, snapshot);
  if (running === null) return { ...nothingKnown, queuePosition: position };
  const load: ModelLoad = {
    durationsMs,
    runningSince: running.filter(({ model }) => model === task.model).map(({ since }) => since ?? now),
    freeSlots: concurrency - running.length,
  };
  const pending = {
    position,
    notBefore: Math.max(task.dueAt, waiting?.until ?? 0),
    // A task that waits for its own next try holds no slot, and finds one when it is due.
    isHeld: waiting !== null && waiting.reason !== 'retry',
  };
  return hintsForPending(pending, load, now);
}

function positionOf(task: Task, { queues }: Snapshot): number | null {
  const { entries, isWhole } = queues.get(task.model) ?? unknownQueue;
  const before = countBefore(entries, task);
  return before < entries.length || isWhole ? before + 1 : null;
}

/** Gives what the store does; `null` where it lies on a damaged page, which the store has told: a task is shown without hints then. */
async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
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
