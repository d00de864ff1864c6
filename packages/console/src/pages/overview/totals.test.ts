import type { OverviewPoint } from '@plantain/client';
import { expect, test } from 'vitest';
import { latestTimed, totalsOf } from './totals.ts';

const point = (more: Partial<OverviewPoint>): OverviewPoint => ({
  at: '0',
  submitted: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  cost_micro_usd: 0,
  duration_seconds: null,
  dwell_seconds: null,
  ...more,
});
const duration = { p50: 1, p90: 2, p99: 3 };

test('points are summed, and the cost is shared by the tasks that succeeded', () => {
  const series = [
    point({ submitted: 5, succeeded: 2, cost_micro_usd: 80_000 }),
    point({ submitted: 1, succeeded: 2, failed: 1, cancelled: 1, cost_micro_usd: 80_000 }),
  ];
  expect(totalsOf(series)).toEqual({
    submitted: 6,
    succeeded: 4,
    failed: 1,
    cancelled: 1,
    ended: 6,
    costMicroUsd: 160_000,
    costEachMicroUsd: 40_000,
  });
});

test('without a success or a known cost there is no cost for each', () => {
  expect(totalsOf([]).costEachMicroUsd).toBeNull();
  expect(totalsOf([point({ failed: 1, cost_micro_usd: 10 })]).costEachMicroUsd).toBeNull();
  expect(totalsOf([point({ succeeded: 1 })]).costEachMicroUsd).toBeNull();
});

test('the latest point with durations is found', () => {
  expect(latestTimed([point({}), point({ duration_seconds: duration }), point({})])).toBe(1);
  expect(latestTimed([point({})])).toBe(-1);
});
