// Requests and pictures in a minute and requests in a day: how many of the limits are used, and when one more is allowed.

import type { Limits, QuotaReset } from '../core/upstreams/routes.ts';
import { later, type BlockReason } from './block-reason.ts';
import { nextReset } from './daily-reset.ts';
import { createSlidingWindow, type SlidingWindow } from './sliding-window.ts';

export interface Rates {
  /** `undefined` where they are not limited. */
  readonly requests: SlidingWindow | undefined;
  readonly pictures: SlidingWindow | undefined;
  /** The requests since the last reset, and the next reset in Unix milliseconds. */
  today(now: number): { readonly count: number; readonly endsAt: number };
  /** Sets how many requests there were since the last reset. */
  learnToday(count: number, now: number): void;
  /** Counts a request for one picture; the function that it gives takes it back. */
  count(now: number): () => void;
  /**
   * Reason why one more request has to wait. `usedUp` words it for a limit of which `left` are free, or that is exceeded by
   * `-left`.
   */
  blockReason(
    now: number,
    usedUp: (cause: BlockReason['cause'], left: number, until: number) => BlockReason,
  ): BlockReason | undefined;
}

/** `usedToday` are requests since the last reset before `now`. */
export function createRates({
  limits,
  reset,
  now: createdAt,
  usedToday,
  sharers,
}: {
  limits: Limits;
  reset: QuotaReset;
  now: number;
  usedToday: number;
  /** How many processes share the limits of a minute. */
  sharers?: (() => number) | undefined;
}): Rates {
  const requests = windowOf(limits.requestsPerMinute, sharers);
  const pictures = windowOf(limits.picturesPerMinute, sharers);
  const today = createDays(reset, createdAt, usedToday);
  const windows = [
    ['requests_per_minute', requests],
    ['pictures_per_minute', pictures],
  ] as const;
  return {
    requests,
    pictures,
    today,
    learnToday(count, now) {
      today(now).count = count;
    },
    count(now) {
      const request = requests?.add(now, 1);
      const picture = pictures?.add(now, 1);
      const day = today(now);
      day.count += 1;
      return () => {
        if (request !== undefined) requests?.remove(request);
        if (picture !== undefined) pictures?.remove(picture);
        day.count -= 1;
      };
    },
    blockReason(now, usedUp) {
      let found: BlockReason | undefined;
      for (const [cause, window] of windows) {
        const freeAt = window?.freeAt(now);
        if (window !== undefined && freeAt !== undefined)
          found = later(found, usedUp(cause, window.allowed() - window.used(now), freeAt));
      }
      const day = today(now);
      const left = (limits.dailyRequests ?? Infinity) - day.count;
      return left > 0 ? found : later(found, usedUp('daily_requests', left, day.endsAt));
    },
  };
}

/** Gives the day of a moment, whose count begins at 0 with each reset. */
function createDays(reset: QuotaReset, createdAt: number, usedToday: number) {
  const beginAt = (now: number, count: number) => ({ count, beganAt: now, endsAt: nextReset(now, reset) });
  let day = beginAt(createdAt, usedToday);
  return (now: number): { count: number; readonly endsAt: number } => {
    // The begin lies ahead where the clock went back.
    if (now >= day.endsAt || now < day.beganAt) day = beginAt(now, 0);
    return day;
  };
}

function windowOf(limit: number | undefined, sharers?: () => number): SlidingWindow | undefined {
  return limit === undefined ? undefined : createSlidingWindow(limit, sharers);
}
