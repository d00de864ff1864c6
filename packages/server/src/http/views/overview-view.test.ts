import type { Percentiles } from '@plantain/client';
import { expect, test } from 'vitest';
import { durationClass, noCounts } from '../../core/tasks/task-counts.ts';
import { pastData } from './overview-view.ts';

test('how long tasks waited, took and ran are three numbers of a model, each near what was counted', () => {
  const counts = {
    ...noCounts(),
    dwells: { [durationClass(2_000)]: 9, [durationClass(40_000)]: 1 },
    durations: { [durationClass(90_000)]: 10 },
    runs: { [durationClass(8_000)]: 10 },
  };
  const window = { from: 0, to: 600_000, stepMs: 600_000 };
  const summary = { points: [{ at: 0, counts }], models: new Map([['nano-banana', counts]]) };
  const { models, series } = pastData(window, summary, null);
  // The middle of a class is told, which is a quarter of a doubling wide.
  const isNear = (told: Percentiles | null | undefined, seconds: number, share: keyof Percentiles = 'p50') =>
    Math.abs((told?.[share] ?? 0) - seconds) < seconds * 0.1;
  for (const { dwell_seconds: dwell } of [...models, ...series]) {
    expect(dwell).toSatisfy((told: typeof dwell) => isNear(told, 2) && isNear(told, 40, 'p99'));
  }
  expect(models[0]?.duration_seconds).toSatisfy((told: Percentiles | null) => isNear(told, 90));
  expect(models[0]?.run_seconds).toSatisfy((told: Percentiles | null) => isNear(told, 8));
});
