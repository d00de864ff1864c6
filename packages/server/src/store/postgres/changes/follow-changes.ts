// Following the changes of all processes. Where some may have been missed, as after a long silence, the following begins anew.

import type { Changes } from '../../../core/tasks/changes.ts';
import type { StartTimer } from '../../../lib/timers.ts';
import { createOneAgain } from '../../../lib/turns/one-again.ts';
import type { Database } from '../database/database.ts';
import { type Cursor, startCursor } from './changes-cursor.ts';
import type { Horizon } from './horizon.ts';

export interface Follower {
  /** Tells of what has changed since the last time, the first time of nothing. Resolves also when the database does not answer. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

interface FollowerParts {
  database: Pick<Database, 'query' | 'commits'>;
  horizon: Horizon;
  startTimer: StartTimer;
  changes: Pick<Changes, 'notify' | 'missed'>;
}

/** Time for which the cursor stands still before a nearer look at the horizon, which costs more; then twice that, and so on. */
const stillMs = 50;
const maxStillMs = 1_000;
/** Between two times that all is forgotten, since more has changed above the horizon than is told of one by one. */
const missedRestMs = 900;

export function createFollower(parts: FollowerParts): Follower {
  const { startTimer, changes } = parts;
  const stand = createStandStill(parts, () => void follow());
  let cursor: Cursor | undefined;
  let isClosed = false;
  let isResting = false;

  async function beginAnew(): Promise<void> {
    cursor = await startCursor(parts);
    changes.missed();
  }

  function tellOfAll(): void {
    if (isResting) return;
    isResting = true;
    startTimer(() => (isResting = false), missedRestMs);
    changes.missed();
  }

  const readAll = createOneAgain(async () => {
    cursor ??= await startCursor(parts);
    for (let isMore = true; isMore && !isClosed;) {
      const page = await cursor.readPage();
      if (page === null) return beginAnew();
      stand.note(page);
      if (page.isCut) tellOfAll();
      isMore = page.isMore;
    }
  });
  // The database may be away. Somebody asks again within a second.
  const follow = () => readAll().catch(() => {});

  return {
    follow,
    async close() {
      isClosed = true;
      stand.end();
      await readAll().catch(() => {});
    },
  };
}

/** Looks nearer at the horizon, and has it read again, after a while in which the cursor stood still. */
function createStandStill({ horizon, startTimer }: FollowerParts, follow: () => void) {
  let waitMs = stillMs;
  let stopWaiting: (() => void) | undefined;
  let isEnded = false;

  function lookLater(): void {
    stopWaiting ??= startTimer(() => {
      stopWaiting = undefined;
      waitMs = Math.min(waitMs * 2, maxStillMs);
      void horizon.look().then(follow, () => {});
    }, waitMs);
  }
  function moveOn(): void {
    stopWaiting?.();
    stopWaiting = undefined;
    waitMs = stillMs;
  }
  return {
    note({ hasMoved, isHeld }: { hasMoved: boolean; isHeld: boolean }): void {
      if (hasMoved || !isHeld) moveOn();
      if (isHeld && !isEnded) lookLater();
    },
    end(): void {
      isEnded = true;
      moveOn();
    },
  };
}
