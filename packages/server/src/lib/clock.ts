// Time as an argument, so that nothing in the server reads a clock it was not given.

export interface Clock {
  /** Unix time in whole milliseconds; never less than it said before, unless it was more than an hour ahead of the machine's. */
  now(): number;
}

export interface SystemClock extends Clock {
  /** From here on it says no less than this, unless that is more than an hour ahead of the machine's. */
  advanceTo(time: number): void;
  /** Says what the machine says, whatever was said before: the machine's clock was changed for another. */
  beginAnew(): void;
}

/**
 * Whether what was found at `at` is still to be believed. Not where it lies ahead: the clock was wrong then, and has gone back.
 * All in milliseconds.
 */
export function isRecent(at: number, now: number, lastsMs: number): boolean {
  return at <= now && now - at < lastsMs;
}

/** The machine's clock is behind by this. `isKept`: time goes on from where it was; else it is what the machine says. */
export type OnBehind = (behindMs: number, isKept: boolean) => void;

/** A clock that was an hour ahead, or ten years, was wrong, and what is done by it would be. A time zone's hour is taken for a slip. */
const maxAheadMs = 3_600_000;
/** How long a machine's clock may take to be mended before it is believed and waited for, at half the pace of real time. */
const patienceMs = 3_600_000;
const waitingPace = 0.5;
/** Less is what synchronising does now and then. */
const minToldMs = 60_000;

/**
 * The machine's clock. Where that is set back by up to an hour, this one goes on from where it was, at the pace of real time for an
 * hour and then at half of it, until the machine's has caught up: a task's times never run backwards, and nothing waits for an hour to
 * pass twice. Where it is set back by more, the time before was wrong, and this one goes back too. `onBehind` hears of both, once.
 */
export function createSystemClock(
  wall: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
  onBehind: OnBehind = () => {},
): SystemClock {
  let latest = wall();
  let latestAt = elapsed();
  /** Since when it is ahead of the machine's, and whether that was told. */
  let ahead: { since: number; isTold: boolean } | null = null;

  function now(): number {
    const time = wall();
    const at = elapsed();
    const pace = ahead !== null && at - ahead.since > patienceMs ? waitingPace : 1;
    // The fraction stays in `latestAt`, so that steps of less than a millisecond add up.
    const step = Math.floor((at - latestAt) * pace);
    const aheadMs = latest + step - time;
    if (aheadMs <= 0 || aheadMs > maxAheadMs) {
      [latest, latestAt, ahead] = [time, at, null];
      if (aheadMs > 0) onBehind(aheadMs, false);
      return time;
    }
    if (step > 0) [latest, latestAt] = [latest + step, latestAt + step / pace];
    ahead ??= { since: at, isTold: false };
    if (aheadMs >= minToldMs && !ahead.isTold) {
      ahead.isTold = true;
      onBehind(aheadMs, true);
    }
    return latest;
  }
  return {
    now,
    beginAnew() {
      [latest, latestAt, ahead] = [wall(), elapsed(), null];
    },
    advanceTo(time) {
      const aheadMs = time - now();
      if (aheadMs <= 0) return;
      if (time - wall() > maxAheadMs) onBehind(time - wall(), false);
      else latest = time;
    },
  };
}
