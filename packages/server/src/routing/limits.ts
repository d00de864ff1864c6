// The limits of an upstream, or of one key, and what of them is used: calls at once, requests and pictures in a minute,
// requests in a day. Each call counts in all of them from its begin.

import type { CallEnd } from '../core/upstreams/router.ts';
import type { Limits, QuotaReset } from '../core/upstreams/routes.ts';
import { nextReset } from './daily-reset.ts';
import { atAnyTime, later, type BlockReason } from './block-reason.ts';
import { createSlidingWindow, type SlidingWindow } from './sliding-window.ts';

export interface LimitCounter {
  readonly limits: Limits;
  /** There only where they are limited. */
  readonly requests: SlidingWindow | undefined;
  readonly pictures: SlidingWindow | undefined;
  inFlight(): number;
  /** Since the last reset. */
  requestsToday(now: number): number;
  /** The next reset, in Unix milliseconds. */
  resetsAt(now: number): number;
  /** What keeps one more call from beginning. */
  blockReason(now: number): BlockReason | undefined;
  /**
   * Counts a call, whether there is room for it or not: one that is `resumed` only as in flight, since it was counted when
   * it began.
   */
  begin(now: number, options: { resumed: boolean }): CountedCall;
}

/** A call that is counted. */
export interface CountedCall {
  /** It is made now, and so no longer given back. */
  called(): void;
  /** To be called once: `unused` takes back whatever was counted. */
  end(end: CallEnd, now: number): void;
}

/** `concurrency` is asked each time, since it may change. `usedToday` are requests since the last reset before `now`. */
export function createLimitCounter(options: {
  limits: Limits;
  concurrency: () => number;
  reset: QuotaReset;
  now: number;
  usedToday: number;
}): LimitCounter {
  const { limits, concurrency } = options;
  const requests = windowOf(limits.requestsPerMinute);
  const pictures = windowOf(limits.picturesPerMinute);
  const windows = [
    { cause: 'requests_per_minute', window: requests },
    { cause: 'pictures_per_minute', window: pictures },
  ] as const;
  const day = createDayCount(options);
  let inFlight = 0;
  /** Counted, but not yet made: what these use up may come free at any time. */
  let held = 0;

  /** What stands in the way: for as long as `until` says, or until one of those that hold it is given back. */
  function usedUp(cause: BlockReason['cause'], left: number, until: number): BlockReason {
    return left + held > 0 ? { cause: 'concurrency', until: atAnyTime } : { cause, until };
  }

  /** Counts a call in all but those in flight; gives what takes it back. */
  function count(now: number): () => void {
    const request = requests?.add(now, 1);
    const picture = pictures?.add(now, 1);
    const today = day.at(now);
    today.count += 1;
    return () => {
      if (request !== undefined) requests?.remove(request);
      if (picture !== undefined) pictures?.remove(picture);
      today.count -= 1;
    };
  }

  return {
    limits,
    requests,
    pictures,
    inFlight: () => inFlight,
    requestsToday: (now) => day.at(now).count,
    resetsAt: (now) => day.at(now).endsAt,
    blockReason(now) {
      let found: BlockReason | undefined;
      if (inFlight >= concurrency()) found = { cause: 'concurrency', until: atAnyTime };
      for (const { cause, window } of windows) {
        const freeAt = window?.freeAt(now);
        if (window !== undefined && freeAt !== undefined)
          found = later(found, usedUp(cause, window.limit - window.used(now), freeAt));
      }
      const today = day.at(now);
      const leftToday = (limits.dailyRequests ?? Infinity) - today.count;
      if (leftToday <= 0) found = later(found, usedUp('daily_requests', leftToday, today.endsAt));
      return found;
    },
    begin(now, { resumed }) {
      inFlight += 1;
      let isHeld = !resumed;
      if (isHeld) held += 1;
      const takeBack = resumed ? () => {} : count(now);
      const called = () => {
        if (isHeld) held -= 1;
        isHeld = false;
      };
      return {
        called,
        end(end, endedAt) {
          called();
          inFlight -= 1;
          if (end.kind === 'unused') takeBack();
          if (end.kind === 'succeeded' && end.pictures > 1) pictures?.add(endedAt, end.pictures - 1);
        },
      };
    },
  };
}

interface Day {
  count: number;
  readonly endsAt: number;
}

/** Counts the requests of a day, which ends with `reset`. */
function createDayCount({
  reset,
  now: createdAt,
  usedToday,
}: {
  reset: QuotaReset;
  now: number;
  usedToday: number;
}): { at(now: number): Day } {
  const beginAt = (now: number, count: number) => ({ count, beganAt: now, endsAt: nextReset(now, reset) });
  let day = beginAt(createdAt, usedToday);
  return {
    at(now) {
      // The begin lies ahead where the clock went back.
      if (now >= day.endsAt || now < day.beganAt) day = beginAt(now, 0);
      return day;
    },
  };
}

function windowOf(limit: number | undefined): SlidingWindow | undefined {
  return limit === undefined ? undefined : createSlidingWindow(limit);
}
