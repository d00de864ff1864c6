// The queue of tasks: takes, and what waits. Takes are decided one after another, under one lock that only they need. The rows of `waiting`
// are the queue, and `order/` says whose are taken next; a task's own row says in the end whether it may be taken.

import { nothingLimited } from '../../../core/limits/subjects.ts';
import type { CallTarget, LeasedTask, TakenNeed, TaskQueue } from '../../../core/tasks/task-queue.ts';
import type { CallsAsked, RoomCheck } from '../../../core/upstreams/shared-calls.ts';
import { maxDayMs } from '../../wrong-clocks.ts';
import type { Query } from '../database/statements.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';
import type { KnownOrder } from '../order/bounds.ts';
import { findFreed, free, type Freed } from '../order/held.ts';
import { createPendingWork } from '../order/pending-work.ts';
import { deleteLanes, findStale } from '../order/move-lanes.ts';
import { type TakeInOrder, takeInOrder, type TakenInOrder } from '../order/take-in-order.ts';
import { addToDays } from './calls-of-day.ts';
import type { CallCounter } from './open-calls.ts';
import { takeResumedTasks } from './take-tasks.ts';

const noDefaults = { key: nothingLimited, owner: nothingLimited };

type Queue = Pick<
  TaskQueue,
  'takeDue' | 'takeOperations' | 'releaseHeld' | 'countCalls' | 'pendingWork' | 'countAttempts'
>;

/** `takes` writes what is decided under the lock of takes, which its transactions begin with. */
export function createTaskQueue(
  query: Query,
  takes: Pick<Writer, 'write'>,
  known: KnownOrder,
  counter: CallCounter,
): Queue {
  const takeIfRoom = takingIfRoom(counter);
  const countUnderLock = countingUnderLock(counter);
  return {
    async takeDue({ room, defaults = noDefaults, ...asked }) {
      known.defaults = defaults;
      const due = { ...asked, known };
      for (;;) {
        const done = await (room === undefined
          ? takes.write(take, [due])
          : takes.write(takeIfRoom, [due, room]));
        for (const seen of done.seen) known.learn(seen);
        known.hasNews = false;
        if (!done.isPart || done.tasks.length > 0) return done.tasks;
      }
    },
    countCalls: async (asked) =>
      (await counter.now(query, asked)) ?? (await takes.write(countUnderLock, [asked])),
    takeOperations: (due) => takes.write(takeOperations, [due]),
    async releaseHeld(defaults = noDefaults) {
      known.defaults = defaults;
      const found = await findFreed(query, defaults);
      if (found !== null) await takes.write(release, [found, known]);
      const stale = await findStale(query, known.bounds());
      if (stale.length > 0) await takes.write(deleteStale, [known]);
    },
    pendingWork: createPendingWork(query, takes, known),
    async countAttempts(since) {
      const rows = await query(
        `SELECT upstream, credential, count(*) AS count FROM attempts
         WHERE started_at >= $1 AND started_at < $1 + ${maxDayMs} AND credential IS NOT NULL
         GROUP BY upstream, credential ORDER BY upstream, credential`,
        [since],
      );
      return rows as unknown as { upstream: string; credential: string; count: number }[];
    },
  };
}

const take = oneByOne(takeInOrder);
const takeOperations = oneByOne(takeResumedTasks);

/** More may have been taken since it was found; the next take finds that. */
const release = oneByOne(({ query }: Transaction, found: Freed, known: KnownOrder): Promise<void> =>
  free(query, found, known.bounds()),
);

/** Lanes whose tasks all were cancelled, or ended at their deadlines. */
const deleteStale = oneByOne(async ({ query }: Transaction, known: KnownOrder): Promise<void> => {
  deleteLanes(query, await findStale(query, known.bounds()));
});

/** Takes what is chosen when the calls of others were counted. */
function takingIfRoom(counter: CallCounter) {
  return oneByOne(
    async (
      transaction: Transaction,
      due: TakeInOrder,
      room: RoomCheck<readonly TakenNeed[]>,
    ): Promise<TakenInOrder> => {
      const { query } = transaction;
      const needs = room.decide(await counter.underLock(query, room));
      if (needs.length === 0) return { tasks: [], seen: [], isPart: false };
      const done = await takeInOrder(transaction, { ...due, needs });
      await addToDays(query, room.days(), done.tasks.flatMap(toCall));
      return done;
    },
  );
}

/** Call that was opened or set aside with a task. */
function toCall({ task, opened, setAside }: LeasedTask): CallTarget[] {
  const { upstream, upstreamModel, credential = null } = (opened ? task.attempts.at(-1) : setAside) ?? {};
  if (upstream === undefined || upstreamModel === undefined || credential === null) return [];
  return [{ upstream, upstreamModel, credential }];
}

function countingUnderLock(counter: CallCounter) {
  return oneByOne(({ query }: Transaction, counted: CallsAsked) => counter.underLock(query, counted));
}
