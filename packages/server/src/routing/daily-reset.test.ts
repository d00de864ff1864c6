import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastReset, nextReset } from './daily-reset.ts';

const at = (text: string) => Date.parse(text);
const pacific = { hour: 0, timeZone: 'America/Los_Angeles' };

test('midnight Pacific is 8:00 UTC in winter and 7:00 UTC in summer', () => {
  expect(nextReset(at('2026-11-23T09:00:00Z'), pacific)).toBe(at('2026-11-24T08:00:00Z'));
  expect(lastReset(at('2026-11-23T09:00:00Z'), pacific)).toBe(at('2026-11-23T08:00:00Z'));
  expect(nextReset(at('2026-07-01T09:00:00Z'), pacific)).toBe(at('2026-07-02T07:00:00Z'));
});

test('the moment of the reset belongs to the new day', () => {
  expect(lastReset(at('2026-11-23T08:00:00Z'), pacific)).toBe(at('2026-11-23T08:00:00Z'));
  expect(nextReset(at('2026-11-23T08:00:00Z'), pacific)).toBe(at('2026-11-24T08:00:00Z'));
});

test('days around a clock change have 23 and 25 hours', () => {
  expect(nextReset(at('2026-03-08T08:00:00Z'), pacific)).toBe(at('2026-03-09T07:00:00Z'));
  expect(nextReset(at('2026-11-01T07:00:00Z'), pacific)).toBe(at('2026-11-02T08:00:00Z'));
});

test('a reset at an hour that is skipped comes as much later', () => {
  const reset = { hour: 2, minute: 30, timeZone: 'Europe/Berlin' };
  expect(nextReset(at('2026-03-29T00:00:00Z'), reset)).toBe(at('2026-03-29T01:30:00Z'));
});

test('a reset at an hour that comes twice comes once, the first time', () => {
  const reset = { hour: 2, minute: 30, timeZone: 'Europe/Berlin' };
  const first = at('2026-10-25T00:30:00Z');
  expect(nextReset(at('2026-10-24T12:00:00Z'), reset)).toBe(first);
  expect(nextReset(first, reset)).toBe(at('2026-10-26T01:30:00Z'));
});

test('clocks set back over midnight, and a day that a zone left out, bring no reset twice or in the past', () => {
  const newfoundland = { hour: 0, timeZone: 'America/St_Johns' };
  const midnight = at('2010-11-07T02:30:00Z');
  // At 00:01 it became 23:01 of the day before; half an hour later the reset lies behind, the date ahead.
  expect(lastReset(at('2010-11-07T03:00:00Z'), newfoundland)).toBe(midnight);
  expect(nextReset(at('2010-11-07T03:00:00Z'), newfoundland)).toBe(at('2010-11-08T03:30:00Z'));
  const samoa = { hour: 10, timeZone: 'Pacific/Apia' };
  expect(lastReset(at('2011-12-30T12:00:00Z'), samoa)).toBe(at('2011-12-29T20:00:00Z'));
  expect(nextReset(at('2011-12-30T12:00:00Z'), samoa)).toBe(at('2011-12-30T20:00:00Z'));
});

test('a time zone that is not known is refused', () => {
  expect(() => nextReset(0, { hour: 0, timeZone: 'Mars/Olympus' })).toThrow(RangeError);
});

const zones = [
  'UTC',
  'America/Los_Angeles',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'Asia/Shanghai',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Pacific/Apia',
];
const resets = fc.record({
  hour: fc.integer({ min: 0, max: 23 }),
  minute: fc.integer({ min: 0, max: 59 }),
  timeZone: fc.constantFrom(...zones),
});
const times = fc.integer({ min: at('2000-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') });

test('every moment lies in exactly one day, of 22 to 26 hours or, where a date was left out, 48', () => {
  fc.assert(
    fc.property(times, resets, (now, reset) => {
      const [begin, end] = [lastReset(now, reset), nextReset(now, reset)];
      expect(begin).toBeLessThanOrEqual(now);
      expect(end).toBeGreaterThan(now);
      expect(nextReset(begin, reset)).toBe(end);
      expect(lastReset(end - 1, reset)).toBe(begin);
      expect(lastReset(end, reset)).toBe(end);
      const hours = (end - begin) / 3_600_000;
      expect((hours >= 22 && hours <= 26) || hours === 48).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('at a reset the clocks there show its time of day, or it was skipped', () => {
  fc.assert(
    fc.property(times, resets, (now, reset) => {
      const moment = new Date(nextReset(now, reset));
      const options = {
        timeZone: reset.timeZone,
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      } as const;
      const [hour = 0, minute = 0] = moment.toLocaleTimeString('en-GB', options).split(':').map(Number);
      const late = hour * 60 + minute - (reset.hour * 60 + reset.minute);
      expect([0, 30, 60, -1380, -1410]).toContain(late);
    }),
    { numRuns: 500 },
  );
});
