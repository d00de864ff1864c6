import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSlidingWindow } from './sliding-window.ts';

test('what was counted leaves the window 60 seconds later, to the millisecond', () => {
  const window = createSlidingWindow(2);
  window.add(1_000, 1);
  window.add(2_000, 1);
  expect(window.freeAt(2_000)).toBe(61_000);
  expect(window.used(60_999)).toBe(2);
  expect(window.used(61_000)).toBe(1);
  expect(window.freeAt(61_000)).toBeUndefined();
});

test('above the limit, it is free when enough has left', () => {
  const window = createSlidingWindow(2);
  window.add(0, 1);
  window.add(10, 4);
  window.add(20, 1);
  expect(window.freeAt(20)).toBe(60_010);
});

test('what is given back was never counted, also when it has left the window before', () => {
  const window = createSlidingWindow(1);
  const early = window.add(0, 1);
  expect(window.used(60_000)).toBe(0);
  const late = window.add(60_000, 1);
  window.remove(early);
  expect(window.used(60_000)).toBe(1);
  window.remove(late);
  window.remove(late);
  expect(window.used(60_000)).toBe(0);
});

const steps = fc.array(
  fc.record({
    passMs: fc.oneof(fc.nat(500), fc.nat(70_000)),
    count: fc.integer({ min: 1, max: 3 }),
    giveBack: fc.boolean(),
  }),
  { maxLength: 60 },
);

test('it agrees with counting everything anew', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), steps, (limit, each) => {
      const window = createSlidingWindow(limit);
      const stored: { at: number; count: number }[] = [];
      const usedAt = (now: number) =>
        stored.filter(({ at }) => at > now - 60_000).reduce((sum, { count }) => sum + count, 0);
      let now = 0;
      for (const { passMs, count, giveBack } of each) {
        now += passMs;
        const added = window.add(now, count);
        if (giveBack) window.remove(added);
        else stored.push({ at: now, count });
        expect(window.used(now)).toBe(usedAt(now));
        const freeAt = window.freeAt(now);
        if (usedAt(now) < limit) expect(freeAt).toBeUndefined();
        else {
          expect(usedAt(freeAt! - 1)).toBeGreaterThanOrEqual(limit);
          expect(usedAt(freeAt!)).toBeLessThan(limit);
        }
      }
    }),
  );
});

test('a limit that is shared out allows an equal part of it, and at least one', () => {
  let sharers = 3;
  const window = createSlidingWindow(10, () => sharers);
  for (const count of [1, 1, 1]) window.add(0, count);
  expect([window.allowed(), window.freeAt(1)]).toEqual([3, 60_000]);
  sharers = 2;
  expect([window.allowed(), window.freeAt(1)]).toEqual([5, undefined]);
  sharers = 40;
  expect(window.allowed()).toBe(1);
});
