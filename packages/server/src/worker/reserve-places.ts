// Chooses how many tasks of each model may be taken now: places first, tasks then, so that a task leaves the queue only when
// there is a place for it. Models take turns, lest a long queue for one starve another that is served elsewhere.

import type { Place, Router } from '../core/router.ts';

export interface Reservation {
  /** What to take; empty when nothing can be. */
  models: { model: string; limit: number }[];
  /** The place for a task of this model that was taken; `null` where the model is taken only to be refused. */
  placeFor(model: string): Place | null;
  /** Whether a model had more room reserved than tasks were taken; else there may be more to take. */
  isSpent(): boolean;
  releaseUnused(): void;
  /** When something may change by itself, Unix milliseconds; `Infinity` when only a release or a new task can change it. */
  nextAt: number;
}

export function reservePlaces({
  router,
  pending,
  slots,
  now,
}: {
  router: Router;
  pending: readonly { model: string; dueAt: number }[];
  /** How many tasks this worker can run beside those that run. */
  slots: number;
  now: number;
}): Reservation {
  const reserved = new Map<string, (Place | null)[]>();
  let nextAt = Number.POSITIVE_INFINITY;
  let turn: string[] = [];
  for (const { model, dueAt } of pending) {
    if (dueAt <= now) turn.push(model);
    else nextAt = Math.min(nextAt, dueAt);
  }
  let left = slots;
  while (left > 0 && turn.length > 0) {
    const again: string[] = [];
    for (const model of turn) {
      if (left === 0) break;
      const place = router.acquire({ model, inputs: 0 });
      const outlook = place === null ? router.outlook({ model, inputs: 0 }) : null;
      if (outlook !== null && outlook.kind !== 'blocked') {
        // `open` is a place that came free between the two questions.
        if (outlook.kind === 'waiting') nextAt = Math.min(nextAt, outlook.until ?? Number.POSITIVE_INFINITY);
        continue;
      }
      reserved.set(model, [...(reserved.get(model) ?? []), place]);
      left -= 1;
      again.push(model);
    }
    turn = again;
  }
  return {
    models: [...reserved].map(([model, places]) => ({ model, limit: places.length })),
    placeFor: (model) => reserved.get(model)?.pop() ?? null,
    isSpent: () => [...reserved.values()].some((places) => places.length === 0),
    releaseUnused() {
      for (const places of reserved.values())
        for (const place of places.splice(0)) place?.release({ kind: 'unused' });
    },
    nextAt,
  };
}
