// How much was done in the last 60 seconds, exactly: a log of times. A counter that starts anew each minute would let twice
// the limit through around its turn.

import { isRecent } from '../lib/clock.ts';

const windowMs = 60_000;

/** Something that was counted, to be given back. */
export interface Counted {
  readonly at: number;
  readonly count: number;
}

export interface SlidingWindow {
  readonly limit: number;
  /** How much of the limit is allowed here. */
  allowed(): number;
  used(now: number): number;
  /** The first moment, in Unix milliseconds, at which one more fits; `undefined` when it does now. */
  freeAt(now: number): number | undefined;
  /** Counts, whether it fits or not. */
  add(now: number, count: number): Counted;
  /** As though it had never been counted. */
  remove(counted: Counted): void;
}

/**
 * `limit` is at least 1, and shared out evenly over as many processes as `sharers` says; each is allowed at least 1. The log holds one entry for each `add` of the last minute: no more than the limit, where callers
 * ask `freeAt` first, and what they add to calls already under way. Where `now` goes back, what was counted later counts no more.
 */
export function createSlidingWindow(limit: number, sharers: () => number = () => 1): SlidingWindow {
  const log: Counted[] = [];
  /** Where the window begins. What lies before is cut off in bulk: `shift` on a long log costs as much as the log is long. */
  let head = 0;
  let total = 0;
  const allowed = () => Math.max(1, Math.floor(limit / Math.max(1, sharers())));

  function used(now: number): number {
    for (; head < log.length && !isRecent(log[head]!.at, now, windowMs); head += 1) total -= log[head]!.count;
    if (2 * head > log.length) {
      log.splice(0, head);
      head = 0;
    }
    return total;
  }

  return {
    limit,
    allowed,
    used,
    freeAt(now) {
      let left = used(now);
      const most = allowed();
      if (left < most) return undefined;
      let last = head;
      while ((left -= log[last]!.count) >= most) last += 1;
      return log[last]!.at + windowMs;
    },
    add(now, count) {
      const counted = { at: now, count };
      log.push(counted);
      total += count;
      return counted;
    },
    remove(counted) {
      const index = log.lastIndexOf(counted);
      if (index < head) return;
      log.splice(index, 1);
      total -= counted.count;
    },
  };
}
