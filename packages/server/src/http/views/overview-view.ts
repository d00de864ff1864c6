// Wire form of the counts of tasks.

import type {
  OverviewData,
  OverviewModel,
  OverviewNode,
  OverviewPoint,
  Percentiles,
  TaskErrorType,
} from '@plantain/client';
import type { Node } from '../../core/nodes/nodes.ts';
import type { TaskCounts, TaskFlow } from '../../core/tasks/statistics.ts';
import {
  addCounts,
  noCounts,
  percentileMs,
  type StatisticsWindow,
  type Summary,
} from '../../core/tasks/task-counts.ts';
import { secondsText } from '../../lib/time/unix-time.ts';

/**
 * Gives the part of the overview that covers a window of time. `openNow` is the number of tasks pending or running now, `null`
 * where the window ends before now.
 */
export function pastData(
  { from, to, stepMs }: StatisticsWindow,
  { points, models }: Summary,
  openNow: number | null,
): Pick<OverviewData, 'from' | 'to' | 'step' | 'series' | 'models' | 'failures'> {
  const all = noCounts();
  for (const counts of models.values()) addCounts(all, counts);
  return {
    from: secondsText(from),
    to: secondsText(to),
    step: stepMs / 1000,
    series: withOpen(
      points.map(({ at, counts }) => ({ at: secondsText(at), ...flowData(counts) })),
      openNow,
    ),
    models: [...models]
      .map(([model, counts]) => modelData(model, counts))
      .toSorted((a, b) => busyness(b) - busyness(a)),
    failures: Object.entries(all.ended)
      .filter(([type]) => type !== 'succeeded')
      .map(([type, count]) => ({ type: type as TaskErrorType, count }))
      .toSorted((a, b) => b.count - a.count),
  };
}

/** Adds to each step the number of tasks open at its end: those open now, less those submitted since, plus those ended since. */
function withOpen(series: OverviewPoint[], openNow: number | null): OverviewPoint[] {
  if (openNow === null) return series;
  const shown: OverviewPoint[] = [];
  let open = openNow;
  for (const point of series.toReversed()) {
    shown.push({ ...point, open });
    // Never negative: counts and `openNow` may differ in age by a moment.
    open = Math.max(0, open - point.submitted + point.succeeded + point.failed + point.cancelled);
  }
  return shown.toReversed();
}

/** Gives the wire form of a node. */
export function nodeData(node: Node): OverviewNode {
  const { id, role, host, pid, version, startedAt, heartbeatAt } = node;
  return {
    id,
    role,
    host,
    pid,
    version,
    node_version: node.nodeVersion,
    start_time: secondsText(startedAt),
    // The clock may have gone back since the start.
    uptime_seconds: Math.max(0, Math.floor((heartbeatAt - startedAt) / 1000)),
    heartbeat_time: secondsText(heartbeatAt),
    running: node.running,
    memory_bytes: node.memoryBytes,
    heap_used_bytes: node.heapUsedBytes,
    concurrency: node.concurrency,
  };
}

function modelData(model: string, counts: TaskCounts): OverviewModel {
  return {
    model,
    ...flowData(counts),
    run_seconds: percentiles(counts.runs),
  };
}

function flowData({
  submitted,
  ended,
  costMicroUsd,
  durations,
  dwells,
}: TaskFlow): Omit<OverviewPoint, 'at' | 'open'> {
  const { succeeded = 0, cancelled = 0, ...failures } = ended;
  return {
    submitted,
    succeeded,
    failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
    cancelled,
    cost_micro_usd: costMicroUsd,
    duration_seconds: percentiles(durations),
    dwell_seconds: percentiles(dwells),
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

/** Converts to seconds, rounded to the millisecond. */
function toSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}
