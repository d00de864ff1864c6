import { expect, test } from 'vitest';
import { createAdaptiveLimit } from './adaptive-limit.ts';

test('it starts at the ceiling, is halved down to 1, and never passes the ceiling again', () => {
  const limit = createAdaptiveLimit(8);
  limit.raise();
  expect(limit.current()).toBe(8);
  const seen = [limit.current()];
  for (let time = 0; time < 5; time += 1) {
    limit.halve(3);
    seen.push(limit.current());
  }
  expect(seen).toEqual([8, 4, 2, 1, 1, 1]);
  for (let time = 0; time < 200; time += 1) limit.raise();
  expect(limit.current()).toBe(8);
});

test('as many successes as there are slots add about one slot', () => {
  const limit = createAdaptiveLimit(100);
  for (let time = 0; time < 3; time += 1) limit.halve(100);
  expect(limit.current()).toBe(12);
  for (let time = 0; time < 13; time += 1) limit.raise();
  expect(limit.current()).toBe(13);
});

test('without a limit of the operator the first cut is from the calls that were under way', () => {
  const limit = createAdaptiveLimit(undefined);
  expect(limit.current()).toBe(1_000);
  limit.halve(40);
  expect(limit.current()).toBe(20);
  limit.halve(5);
  expect(limit.current()).toBe(10);
});
