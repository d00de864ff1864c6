// The limits of an upstream, or of one key, and what of them is used: calls at once, requests and pictures in a minute,
// requests in a day. Each call counts in all of them from its begin.

import type { CallEnd } from '../core/router.ts';
import type { Limits, QuotaReset } from '../core/routes.ts';
import { nextReset } from './daily-reset.ts';
import { atAnyTime, later, type Obstacle } from './obstacle.ts';
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
  obstacle(now: number): Obstacle | undefined;
  /**
   * Counts a call, whether there is room for it or not: one that is `resumed` only as in flight, since it was counted when
   * it began. Returns what ends it, to be called once: `unused` takes back whatever was counted.
   */
  begin(now: number, options: { resumed: boolean }): (end: CallEnd, now: number) => void;
}

/** `concurrency` is asked each time, since it may change. `usedToday` are requests since the last reset before `now`. */
export function createLimitCounter(options: {
  limits: Limits;
  concurrency: () => number;
  reset: QuotaReset;
  now: number;
  usedToday: number;
}): LimitCounter {
  const { limits, concurrency, reset } = options;
  const requests = windowOf(limits.requestsPerMinute);
  const pictures = windowOf(limits.picturesPerMinute);
  let day = { count: options.usedToday, endsAt: nextReset(options.now, reset) };
  let inFlight = 0;

  function today(now: number): { count: number; readonly endsAt: number } {
    if (now >= day.endsAt) day = { count: 0, endsAt: nextReset(now, reset) };
    return day;
  }

  return {
    limits,
    requests,
    pictures,
    inFlight: () => inFlight,
    requestsToday: (now) => today(now).count,
    resetsAt: (now) => today(now).endsAt,
    obstacle(now) {
      let found: Obstacle | undefined;
      if (inFlight >= concurrency()) found = { cause: 'concurrency', until: atAnyTime };
      const requestsAt = requests?.freeAt(now);
      if (requestsAt !== undefined) found = later(found, { cause: 'requests_per_minute', until: requestsAt });
      const picturesAt = pictures?.freeAt(now);
      if (picturesAt !== undefined) found = later(found, { cause: 'pictures_per_minute', until: picturesAt });
      if (limits.dailyRequests !== undefined && today(now).count >= limits.dailyRequests)
        found = later(found, { cause: 'daily_requests', until: day.endsAt });
      return found;
    },
    begin(now, { resumed }) {
      inFlight += 1;
      let takeBack = () => {};
      if (!resumed) {
        const request = requests?.add(now, 1);
        const picture = pictures?.add(now, 1);
        const counted = today(now);
        counted.count += 1;
        takeBack = () => {
          if (request !== undefined) requests?.remove(request);
          if (picture !== undefined) pictures?.remove(picture);
          counted.count -= 1;
        };
      }
      return (end, endedAt) => {
        inFlight -= 1;
        if (end.kind === 'unused') takeBack();
        if (end.kind === 'succeeded' && end.pictures > 1) pictures?.add(endedAt, end.pictures - 1);
      };
    },
  };
}

function windowOf(limit: number | undefined): SlidingWindow | undefined {
  return limit === undefined ? undefined : createSlidingWindow(limit);
}
