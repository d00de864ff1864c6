// Hints for a task that has not ended: its position in the queue, and its estimated start and end. They are computed from a snapshot of
// the store. It is read only when hints are asked for, and at most once a second for all tasks.

import { type Clock, isRecent } from '../../lib/clock.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import { DamagedStoreError } from '../errors.ts';
import { type Hints, hintsForPending, hintsForRunning, type ModelLoad, nothingKnown } from './estimates.ts';
import { createPlacesInOrder, type PlacesInOrder } from '../order/place-in-order.ts';
import type { Task } from './task.ts';
import type { TaskLoad } from './task-reads.ts';
import type { HeldBy, Waiting } from './waiting.ts';

/** Hints from a snapshot of the store. */
export interface TaskHints {
  /** True where the snapshot is recent and includes the queue of this task's model. */
  isFresh(task: Task): boolean;
  /** Refreshes the snapshot for this task. The store is read at most once a second, however many callers there are. */
  refresh(task: Task): Promise<void>;
  /** Hints for a pending or running task; `waiting` is the known cause that holds it back. */
  of(task: Task, waiting: Waiting | null): Hints;
}

/** Tasks that running limits hold, by the same snapshot. */
export interface HeldTasks {
  /** Finds whose running limit held a pending task back as of the snapshot; `null` where none did. */
  heldBy(task: Task): HeldBy | null;
}

/** Lifetime of hints and of the snapshot. */
export const hintsLastMs = 1_000;
/** Entries of a model's order, so that a long queue costs at most a few milliseconds. The tasks behind them have no known position. */
const queueLength = 2_000;
/** Ended tasks that are read, the latest of all models; up to 50 of them count for each model. */
const recentTasks = 200;
const runsPerModel = 50;

interface Snapshot {
  at: number;
  durationsMs: Map<string, number[]>;
  /** Number of tasks that all servers together run at once. */
  places: number;
  /** Model and begin of each run under way; `null` where the store can't say. */
  running: { model: string; since: number | null }[] | null;
  /** Queues by model, of the models for which hints were asked. */
  queues: Map<string, Queue>;
}

interface Queue {
  places: PlacesInOrder;
  heldOwners: ReadonlySet<string>;
  heldKeys: ReadonlySet<string>;
}
const unknownQueue: Queue = {
  places: createPlacesInOrder({ entries: [], isWhole: false }),
  heldOwners: new Set(),
  heldKeys: new Set(),
};
const nothingRead: Snapshot = {
  at: Number.NEGATIVE_INFINITY,
  durationsMs: new Map(),
  places: 0,
  running: null,
  queues: new Map(),
};

/** Creates the hints. `countPlaces` counts the tasks that all servers together run at once. */
export function createHints({
  store,
  clock,
  countPlaces,
}: {
  store: TaskLoad;
  clock: Clock;
  countPlaces: () => Promise<number>;
}): TaskHints & HeldTasks {
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
          () => readSnapshot({ store, countPlaces }, clock.now()),
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
    of: (task, waiting) => hintsFrom(latest, { task, waiting, now: clock.now() }),
    heldBy(task) {
      const { heldOwners, heldKeys } = latest.queues.get(task.model) ?? unknownQueue;
      if (heldOwners.has(task.ownerId)) return task.ownerId === task.keyId ? 'key' : 'owner';
      return heldKeys.has(task.keyId) ? 'key' : null;
    },
  };
}

async function readSnapshot(
  { store, countPlaces }: { store: TaskLoad; countPlaces: () => Promise<number> },
  at: number,
): Promise<Snapshot> {
  const [places, runs, running] = await Promise.all([
    countPlaces(),
    unlessDamaged(() => store.recentRuns(recentTasks)),
    unlessDamaged(() => store.running()),
  ]);
  const durationsMs = new Map<string, number[]>();
  for (const { model, durationMs } of runs ?? []) {
    const known = durationsMs.get(model) ?? [];
    if (known.length < runsPerModel) known.push(durationMs);
    durationsMs.set(model, known);
  }
  return { at, durationsMs, places, running, queues: new Map() };
}

async function readQueue(store: TaskLoad, model: string): Promise<Queue> {
  const queue = await unlessDamaged(() => store.pendingQueue(model, queueLength));
  if (queue === null) return unknownQueue;
  const { heldOwners, heldKeys } = queue;
  return {
    places: createPlacesInOrder(queue),
    heldOwners: new Set(heldOwners),
    heldKeys: new Set(heldKeys),
  };
}

function hintsFrom(
  snapshot: Snapshot,
  { task, waiting, now }: { task: Task; waiting: Waiting | null; now: number },
): Hints {
  const durationsMs = snapshot.durationsMs.get(task.model) ?? [];
  if (task.state === 'running') {
    const open = task.attempts.findLast(({ finishedAt }) => finishedAt === null);
    return hintsForRunning(open?.startedAt ?? now, durationsMs, now);
  }
  // One that is held is not in the order until another task of its key or owner ends.
  if (waiting?.reason === 'limit') return nothingKnown;
  const { running, places, queues } = snapshot;
  const position = (queues.get(task.model) ?? unknownQueue).places.of(task);
  if (running === null) return { ...nothingKnown, queuePosition: position };
  const load: ModelLoad = {
    durationsMs,
    runningSince: running.filter(({ model }) => model === task.model).map(({ since }) => since ?? now),
    freeSlots: places - running.length,
  };
  const pending = {
    position,
    notBefore: Math.max(task.dueAt, waiting?.until ?? 0),
    // A task that waits for its own retry is not held by an upstream: it gets a slot when it is due.
    isHeld: waiting !== null && waiting.reason !== 'retry',
  };
  return hintsForPending(pending, load, now);
}

/** Reads from the store; `null` where it is damaged there. The store has reported that, and the task is shown without hints. */
async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DamagedStoreError) return null;
    throw error;
  }
}
