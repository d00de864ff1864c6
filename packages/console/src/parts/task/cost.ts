import type { TaskData } from '@plantain/client';

/** Micro-dollars that the task came to for its owner; of an older server, what it cost at the upstreams. `undefined` until that is known. */
export function costOf({ cost, cost_micro_usd: atUpstreams }: TaskData): number | undefined {
  return cost?.charged_micro_usd ?? atUpstreams;
}
