import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hintsForPending, hintsForRunning, nothingKnown, typicalMs } from './estimates.ts';

const now = 1_000_000;
const tens = [10_000, 10_000, 10_000];
const free = { position: 1, notBefore: 0, isHeld: false };

test('fewer than three runs say nothing', () => {
  expect(typicalMs([1, 2])).toBeNull();
  expect(typicalMs([900, 1, 2])).toBe(2);
  expect(hintsForRunning(now, [1, 2], now)).toEqual(nothingKnown);
  const load = { durationsMs: [1, 2], runningSince: [now], freeSlots: 0 };
  expect(hintsForPending({ ...free, position: 4 }, load, now)).toEqual({ ...nothingKnown, queuePosition: 4 });
});

test('a run ends when the usual time is over; of one that takes longer nobody knows', () => {
  expect(hintsForRunning(now - 4_000, tens, now)).toEqual({
    ...nothingKnown,
    finishAt: now + 6_000,
    pollAfterSeconds: 6,
  });
  expect(hintsForRunning(now - 10_000, tens, now)).toEqual({ ...nothingKnown, pollAfterSeconds: 3 });
  expect(hintsForRunning(now, [900_000, 900_000, 900_000], now).pollAfterSeconds).toBe(60);
});

// Two run, and end in 2 and in 7 seconds.
const busy = { durationsMs: tens, runningSince: [now - 3_000, now - 8_000], freeSlots: 0 };

test.each([
  ['the next gets the slot that comes free first', free, busy, now + 2_000],
  ['the second gets the other', { ...free, position: 2 }, busy, now + 7_000],
  ['the third waits for the next but one', { ...free, position: 3 }, busy, now + 12_000],
  ['a free slot is taken at once', { ...free, position: 1 }, { ...busy, freeSlots: 1 }, now],
  ['who finds no free slot goes on behind', { ...free, position: 2 }, { ...busy, freeSlots: 1 }, now + 2_000],
  [
    'where the upstreams have no slot, this server’s are of no use',
    { ...free, isHeld: true },
    { ...busy, freeSlots: 5 },
    now + 2_000,
  ],
  [
    'nothing starts before its time',
    { ...free, notBefore: now + 30_000 },
    { ...busy, freeSlots: 1 },
    now + 30_000,
  ],
  ['an overdue run may end at any moment', free, { ...busy, runningSince: [0] }, now],
])('%s', (_what, pending, load, startAt) => {
  expect(hintsForPending(pending, load, now)).toMatchObject({ startAt, finishAt: startAt + 10_000 });
});

test.each([
  ['where nothing of its model runs, and others have all the slots', free, { ...busy, runningSince: [] }],
  ['where its position is not known', { ...free, position: null }, busy],
])('nothing is estimated %s', (_what, pending, load) => {
  expect(hintsForPending(pending, load, now)).toEqual({ ...nothingKnown, queuePosition: pending.position });
});

test('whoever stands further back never starts earlier, and is never told to come back later than in a minute', () => {
  const time = fc.integer({ min: 0, max: 2 * now });
  const loads = fc.record({
    durationsMs: fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 3 }),
    runningSince: fc.array(fc.integer({ min: 0, max: now }), { maxLength: 20 }),
    freeSlots: fc.integer({ min: -5, max: 20 }),
  });
  fc.assert(
    fc.property(
      loads,
      fc.integer({ min: 1, max: 1_000 }),
      fc.boolean(),
      time,
      (load, position, isHeld, notBefore) => {
        const at = (slot: number) => hintsForPending({ position: slot, notBefore, isHeld }, load, now);
        const [one, next] = [at(position), at(position + 1)];
        expect(one.startAt === null).toBe(next.startAt === null);
        if (one.startAt === null || next.startAt === null) return;
        expect(one.startAt).toBeGreaterThanOrEqual(Math.max(now, notBefore));
        expect(next.startAt).toBeGreaterThanOrEqual(one.startAt);
        expect(one.pollAfterSeconds).toBeGreaterThanOrEqual(1);
        expect(one.pollAfterSeconds).toBeLessThanOrEqual(60);
      },
    ),
  );
});
