import { expect, test } from 'vitest';
import { changedLimited } from './change-limited.ts';

const budget = { period: 'day', amountMicroUsd: 5, timeZone: 'UTC' } as const;
const before = { limits: { running: 1, waiting: 2 }, budget };

test('a limit that is named changes, and null takes it away; the others stay', () => {
  expect(changedLimited(before, { limits: { running: 3, waiting: null, storedBytes: 0 } })).toEqual({
    limits: { running: 3, storedBytes: 0 },
    budget,
  });
  expect(changedLimited(before, {})).toEqual(before);
});

test('null takes all limits away, or the budget', () => {
  expect(changedLimited(before, { limits: null })).toEqual({ limits: {}, budget });
  expect(changedLimited(before, { budget: null })).toEqual({ limits: before.limits, budget: null });
});
