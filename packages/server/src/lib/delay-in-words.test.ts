import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDelayMs, readDurationMs } from './delay-in-words.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const quoted = JSON.stringify({ error: { code: 429, details: [{ retryDelay: '3.2s' }] } });

test.each<[string, number]>([
  ['Please retry in 51.8s.', 51_800],
  ['Please retry in 7h12m3s.', 25_923_000],
  ['Please retry in 500ms', 500],
  ['Limit: 5, Used 5, Requested 1. Please try again in 12s. Visit the page of limits.', 12_000],
  ['Please try again in 1m2.5s.', 62_500],
  ['try again after 51.84 seconds', 51_840],
  ['Please wait 20 seconds before the next call.', 20_000],
  ['Please wait for about 20 seconds.', 20_000],
  ['Please send your next request after 20 seconds', 20_000],
  ['Try again in 5 minutes', 300_000],
  ['You can do this again in 1 hour, 5 minutes and 2 s', 3_902_000],
  ['Come back in 2 hours.', 7_200_000],
  ['The limit resets in 90 s', 90_000],
  ['Your quota is available in 3 mins', 180_000],
  ['Retry-After: 30', 30_000],
  ['{"retry_after":7}', 7_000],
  ['{"retryAfterMs": 1500}', 1_500],
  ['{"retry_after_seconds":"12"}', 12_000],
  ['retry_delay {\n  seconds: 41\n  nanos: 5\n}', 41_000],
  [`got 429: ${quoted}`, 3_200],
  [`got 429: ${JSON.stringify(quoted)}`, 3_200],
  ['Limit resets in 1 day. Please retry in 20s.', 20_000],
  ['Please retry in PT1M30S.', 90_000],
  ['"retryDelay":"PT0.5S"', 500],
  ['retry after P1D', 86_400_000],
  ['Please retry after 2026-11-22T12:00:30Z', 30_000],
  ['{"reset_at": "2026-11-22T13:00:30+01:00"}', 30_000],
  ['retry-after: Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
  ['请在20秒后重试', 20_000],
  ['请求过于频繁，5 分钟后再试', 300_000],
  ['Please retry in 400 hours', 86_400_000],
])('%j asks for a delay of %i ms', (text, delayMs) => {
  expect(readDelayMs(text, now)).toBe(delayMs);
});

test.each([
  '',
  'Resource has been exhausted (e.g. check quota).',
  'You may make 10 images in 24 hours.',
  'The request timed out after 300 seconds.',
  'Please try again later. The limit is 5 in 60 seconds.',
  'We retry 3 times.',
  'retry after 3 attempts',
  'Please try again with 2 pictures',
  'Please retry in 0s',
  'Please retry after 2026-11-22T11:59:30Z',
  'Please retry in 5 moments',
])('%j asks for none', (text) => {
  expect(readDelayMs(text, now)).toBeUndefined();
});

test.each<[string, number | undefined]>([
  ['58s', 58_000],
  ['12.771204034s', 12_772],
  ['6m0s', 360_000],
  ['PT1M', 60_000],
  ['0s', undefined],
  ['soon', undefined],
  ['3s or so', undefined],
  ['', undefined],
])('the duration %j is %j ms', (text, durationMs) => {
  expect(readDurationMs(text)).toBe(durationMs);
});

test('of any text the delay is a whole number of milliseconds, up to a day', () => {
  const words = fc.constantFrom(
    'retry in ',
    'again after ',
    'retryDelay":"',
    'PT',
    'wait ',
    '7h',
    '3.2s',
    '9'.repeat(30),
    ' ',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string())), (texts) => {
      const delayMs = readDelayMs(texts.join(''), now) ?? 1;
      expect(delayMs).toSatisfy(Number.isSafeInteger);
      expect(delayMs).toBeGreaterThan(0);
      expect(delayMs).toBeLessThanOrEqual(86_400_000);
    }),
  );
});

test('a long text that asks again and again, and never for a delay, is not looked through for ever', () => {
  for (const text of ['retry after ', 'again in 1 ', 'PT', 'wait '.repeat(9) + '1'])
    expect(readDelayMs(text.repeat(2_000_000), now)).toBeUndefined();
});
