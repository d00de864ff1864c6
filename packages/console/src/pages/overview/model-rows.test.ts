import type { OverviewModel, OverviewNow } from '@plantain/client';
import { expect, test } from 'vitest';
import { modelRows } from './model-rows.ts';

const counted: OverviewModel = {
  model: 'busy',
  submitted: 3,
  succeeded: 2,
  failed: 1,
  cancelled: 0,
  cost_micro_usd: 5,
  duration_seconds: { p50: 1, p90: 2, p99: 3 },
  dwell_seconds: null,
  run_seconds: null,
};
const now: OverviewNow = {
  pending: 9,
  running: 1,
  oldest_wait_seconds: 0,
  models: [
    { model: 'stuck', pending: 9, running: 0 },
    { model: 'busy', pending: 0, running: 1 },
  ],
};

test('a model has its counts and what is open of it', () => {
  expect(modelRows({ models: [counted], now })[0]).toMatchObject({ model: 'busy', succeeded: 2, running: 1 });
});

test('a model whose tasks only wait is not left out', () => {
  const rows = modelRows({ models: [counted], now });
  expect(rows.map(({ model, waiting }) => [model, waiting])).toEqual([
    ['busy', 0],
    ['stuck', 9],
  ]);
});
