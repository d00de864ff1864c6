// One row for each model: its counts in the time that is shown, and its tasks that wait or run now.

import type { OverviewData, OverviewModel } from '@plantain/client';

export interface ModelRow extends Pick<
  OverviewModel,
  | 'model'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'cost_micro_usd'
  | 'duration_seconds'
  | 'dwell_seconds'
  | 'run_seconds'
> {
  waiting: number;
  running: number;
}

const nothing = {
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  cost_micro_usd: 0,
  duration_seconds: null,
  dwell_seconds: null,
  run_seconds: null,
};

/** The busiest first; models last of which nothing came or ended in this time, but tasks of before are open. */
export function modelRows({ models, now }: Pick<OverviewData, 'models' | 'now'>): ModelRow[] {
  const present = new Map(now.models.map((open) => [open.model, open]));
  const counted = new Map(models.map((each) => [each.model, each]));
  return [...new Set([...counted.keys(), ...present.keys()])].map((model) => {
    const counts = counted.get(model) ?? nothing;
    const { pending: waiting, running } = present.get(model) ?? { pending: 0, running: 0 };
    return Object.assign({ model, waiting, running }, counts);
  });
}
