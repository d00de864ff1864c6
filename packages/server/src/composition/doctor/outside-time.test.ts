import { expect, test } from 'vitest';
import { checkOutsideTime, readTime } from './outside-time.ts';

const at = Date.UTC(2026, 5, 1, 12);
const date = new Date(at).toUTCString();

test.each([
  ['in the second that the header names', 200, 800, { least: -800, most: 800 }],
  ['by a machine that is behind', -90_000, -88_000, { least: 88_000, most: 91_000 }],
  ['by a machine that is ahead, over a slow way', 60_000, 90_000, { least: -90_000, most: -59_000 }],
])('an answer %s bounds how far off the clock is', (_, sent, received, bounds) => {
  expect(readTime({ date }, { sentAt: at + sent, receivedAt: at + received })).toEqual(bounds);
});

test.each([
  [{}],
  [{ date: 'yesterday' }],
  [{ date: '2026-06-01T12:00:00Z' }],
  [{ date: 'Mon, 99 Foo 2026 12:00:00 GMT' }],
  [{ date, age: '30' }],
])('headers %j say no time', (headers) => {
  expect(readTime(headers, { sentAt: at, receivedAt: at })).toBeNull();
});

test.each([
  ['none', [], 'ok', 'no answer from outside'],
  ['one that agrees, over a slow way', [[-20_000, 1_000]], 'ok', 'agrees with that of host-0'],
  [
    'one that agrees beside a wrong one',
    [
      [400_000, 401_000],
      [-10, 990],
    ],
    'ok',
    'agrees with that of host-1',
  ],
  ['some seconds', [[12_000, 14_000]], 'advice', '12 seconds behind that of host-0'],
  ['minutes', [[-400_000, -390_000]], 'mend', '7 minutes ahead of that of host-0'],
])('a clock against %s', (_, bounds, state, words) => {
  const times = bounds.map(([least = 0, most = 0], index) => ({
    host: `host-${index}`,
    aheadMs: { least, most },
  }));
  const finding = checkOutsideTime(times);
  expect(finding.state).toBe(state);
  expect(finding.says).toContain(words);
});
