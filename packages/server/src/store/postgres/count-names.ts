// Names of the counts of tasks: `submitted`, `cost` in millionths of a US dollar, `ended.` with how, `duration.`, `dwell.` and `run.` with the
// class.

import type { TaskCounts } from '../../core/tasks/statistics.ts';
import { increase } from '../../core/tasks/task-counts.ts';

/** Adds what is counted under a name. */
export function addNamed(counts: TaskCounts, name: string, by: number): void {
  const [kind = '', which = ''] = name.split('.');
  if (kind === 'submitted') counts.submitted += by;
  else if (kind === 'cost') counts.costMicroUsd += by;
  else if (kind === 'ended') increase(counts.ended, which, by);
  else if (kind === 'duration') increase(counts.durations, which, by);
  else if (kind === 'dwell') increase(counts.dwells, which, by);
  else if (kind === 'run') increase(counts.runs, which, by);
}

/** Names and numbers of counts; but for `submitted` none that is 0. */
export function namedCounts({
  submitted,
  costMicroUsd,
  ended,
  durations,
  dwells,
  runs,
}: TaskCounts): [string, number][] {
  const kinds = Object.entries({ ended, duration: durations, dwell: dwells, run: runs });
  const all = kinds.flatMap(([kind, counts]) =>
    Object.entries(counts).map(([which, count]): [string, number] => [`${kind}.${which}`, count]),
  );
  const counted = [['cost', costMicroUsd] as [string, number], ...all].filter(([, count]) => count !== 0);
  return [['submitted', submitted], ...counted];
}
