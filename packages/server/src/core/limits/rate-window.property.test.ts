import { array, assert, constant, integer, oneof, property } from 'fast-check';
import { expect, test } from 'vitest';
import { RateWindow, windowSeconds } from './rate-window.ts';

const minute = windowSeconds * 1000;

/** Admits calls at these times as long as fewer than `limit` are counted, and gives the times of those. */
function admitted(window: RateWindow, times: readonly number[], limit: number): number[] {
  return times.filter((now) => {
    if (window.used(now) + 1 > limit) return false;
    window.add(now, 1);
    return true;
  });
}

/** Times in order, of which many lie close together. */
const gap = oneof(integer({ min: 0, max: 30 }), integer({ min: 0, max: 5_000 }), constant(70_000));
const times = array(gap, { maxLength: 400 }).map((gaps) => {
  let at = 0;
  return gaps.map((each) => (at += each));
});

test('in no minute there are more calls than the limit, wherever it begins', () => {
  assert(
    property(times, integer({ min: 1, max: 30 }), (at, limit) => {
      const calls = admitted(new RateWindow(), at, limit);
      for (const [index, call] of calls.entries()) {
        const inMinute = calls.filter((other, place) => place >= index && other - call < minute);
        expect(inMinute.length).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test('a call is counted for a minute and at most a quarter of a second more', () => {
  assert(
    property(times, (at) => {
      const window = new RateWindow();
      for (const [index, now] of at.entries()) {
        window.add(now, 1);
        const within = (ms: number) => at.filter((each, place) => place <= index && now - each < ms).length;
        expect(window.used(now)).toBeGreaterThanOrEqual(within(minute));
        expect(window.used(now)).toBeLessThanOrEqual(within(minute + 250 + 1));
      }
    }),
  );
});

test('whoever waits as long as is said finds as many calls gone as is said, and a moment before fewer', () => {
  assert(
    property(times, integer({ min: 1, max: 30 }), (at, count) => {
      const filled = () => {
        const window = new RateWindow();
        for (const now of at) window.add(now, 1);
        return window;
      };
      const last = at.at(-1) ?? 0;
      const used = filled().used(last);
      const wait = filled().untilLeft(last, count);
      if (used < count) {
        expect(wait).toBe(Infinity);
        return;
      }
      expect(filled().used(last + wait)).toBeLessThanOrEqual(used - count);
      expect(filled().used(last + wait - 1)).toBeGreaterThan(used - count);
    }),
  );
});
