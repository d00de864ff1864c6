// What is shown of the counts of tasks.

import type {
  OverviewData,
  OverviewModel,
  OverviewPoint,
  Percentiles,
  TaskErrorType,
} from '@plantain/client';
import {
  addCounts,
  noCounts,
  percentileMs,
  type StatisticsWindow,
  type Summary,
  type TaskCounts,
  type TaskFlow,
} from '../core/statistics.ts';

export function pastData(
  { from, to, stepMs }: StatisticsWindow,
  { points, models }: Summary,
): Pick<OverviewData, 'from' | 'to' | 'step' | 'series' | 'models' | 'failures'> {
  const all = noCounts();
  for (const counts of models.values()) addCounts(all, counts);
  return {
    from: seconds(from),
    to: seconds(to),
    step: stepMs / 1000,
    series: points.map(({ at, counts }) => ({ at: seconds(at), ...flowData(counts) })),
    models: [...models]
      .map(([model, counts]) => modelData(model, counts))
      .toSorted((a, b) => busyness(b) - busyness(a)),
    failures: Object.entries(all.ended)
      .filter(([type]) => type !== 'succeeded')
      .map(([type, count]) => ({ type: type as TaskErrorType, count }))
      .toSorted((a, b) => b.count - a.count),
  };
}

function modelData(model: string, counts: TaskCounts): OverviewModel {
  return {
    model,
    ...flowData(counts),
    duration_seconds: percentiles(counts.durations),
    run_seconds: percentiles(counts.runs),
  };
}

function flowData({ submitted, ended, costMicroUsd }: TaskFlow): Omit<OverviewPoint, 'at'> {
  const { succeeded = 0, cancelled = 0, ...failures } = ended;
  return {
    submitted,
    succeeded,
    failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
    cancelled,
    cost_micro_usd: costMicroUsd,
  };
}

function busyness({ submitted, succeeded, failed, cancelled }: OverviewModel): number {
  return submitted + succeeded + failed + cancelled;
}

function percentiles(counts: Readonly<Record<string, number>>): Percentiles | null {
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => percentileMs(counts, share));
  return p50 == null || p90 == null || p99 == null
    ? null
    : { p50: toSeconds(p50), p90: toSeconds(p90), p99: toSeconds(p99) };
}

/** To the millisecond. */
function toSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}

function seconds(at: number): string {
  return String(Math.floor(at / 1000));
}
