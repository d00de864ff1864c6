// The limits of an upstream, or of one key, and how much of them is used: calls at once, requests and pictures in a minute,
// requests in a day. Each call counts in all of them from its begin.

import type { CallEnd } from '../core/upstreams/router.ts';
import type { Limits, QuotaReset } from '../core/upstreams/routes.ts';
import { atAnyTime, later, type BlockReason } from './block-reason.ts';
import { createRates } from './rates.ts';
import type { SlidingWindow } from './sliding-window.ts';

export interface LimitCounter {
  readonly limits: Limits;
  /** There only where they are limited. */
  readonly requests: SlidingWindow | undefined;
  readonly pictures: SlidingWindow | undefined;
  /** Calls of this process. */
  inFlight(): number;
  /** Calls of other processes, as they were learned last. */
  elsewhere(): number;
  /** Learns what the database knows: open calls of others, and calls of all since the last reset. What is left out stays as it was. */
  learn(counts: { open?: number; today?: number }, now: number): void;
  /** Whether what was learned is why no more can begin. */
  isHeldBack(now: number): boolean;
  /** How many more calls the operator's `concurrency` and the day's quota allow; `Infinity` where there are none. */
  left(now: number): number;
  /** Since the last reset. */
  requestsToday(now: number): number;
  /** The next reset, in Unix milliseconds. */
  resetsAt(now: number): number;
  /** Reason why one more call can't begin. */
  blockReason(now: number): BlockReason | undefined;
  /**
   * Counts a call, whether there is room for it or not: one that is `resumed` only as in flight, since it was counted when
   * it began.
   */
  begin(now: number, options: { resumed: boolean }): CountedCall;
}

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
  sharers?: (() => number) | undefined;
}): LimitCounter {
  const { limits, concurrency } = options;
  const rates = createRates(options);
  let inFlight = 0;
  let elsewhere = 0;
  /** Counted, but not yet made: the share of the limits that these take may come free at any time. */
  let held = 0;

  /** A limit that nobody set is found out by the calls of this process. */
  const counted = () => (limits.concurrency === undefined ? inFlight : inFlight + elsewhere);
  const leftToday = (now: number) => (limits.dailyRequests ?? Infinity) - rates.today(now).count;
  const usedUp = (cause: BlockReason['cause'], left: number, until: number): BlockReason =>
    left + held > 0 ? { cause: 'concurrency', until: atAnyTime } : { cause, until };

  return {
    limits,
    requests: rates.requests,
    pictures: rates.pictures,
    inFlight: () => inFlight,
    elsewhere: () => elsewhere,
    learn({ open = elsewhere, today }, now) {
      elsewhere = open;
      if (today !== undefined) rates.learnToday(today, now);
    },
    isHeldBack: (now) => (inFlight < concurrency() && counted() >= concurrency()) || leftToday(now) <= 0,
    left: (now) => Math.min((limits.concurrency ?? Infinity) - inFlight - elsewhere, leftToday(now)),
    requestsToday: (now) => rates.today(now).count,
    resetsAt: (now) => rates.today(now).endsAt,
    blockReason(now) {
      const byRate = rates.blockReason(now, usedUp);
      return counted() < concurrency() ? byRate : later({ cause: 'concurrency', until: atAnyTime }, byRate);
    },
    begin(now, { resumed }) {
      inFlight += 1;
      let isHeld = !resumed;
      if (isHeld) held += 1;
      const takeBack = resumed ? () => {} : rates.count(now);
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
          if (end.kind === 'succeeded' && end.pictures > 1) rates.pictures?.add(endedAt, end.pictures - 1);
        },
      };
    },
  };
}
