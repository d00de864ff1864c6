// Availabilities repeated while nothing is known to have changed: status queries ask far more often than that.

import type { Availability, Avoid, Need } from '../core/upstreams/router.ts';
import { isRecent } from '../lib/clock.ts';
import { findAvailability } from './availability.ts';
import type { RouteTarget } from './route-target.ts';

/** How long an availability is repeated. */
const availabilityLastsMs = 50;
/** Far more than there are models; only a guard. */
const maxAvailabilities = 1_000;

export interface AvailabilityCache {
  /** With `avoid` it is found anew each time. */
  find(need: Need, now: number, avoid?: Avoid): Availability;
  /** To be called whenever a call begins or ends. */
  clear(): void;
}

export function createAvailabilityCache(
  targetsByModel: ReadonlyMap<string, readonly RouteTarget[]>,
): AvailabilityCache {
  const found = new Map<string, { at: number; availability: Availability }>();
  return {
    find(need, now, avoid) {
      const targets = targetsByModel.get(need.model) ?? [];
      if (avoid !== undefined) return findAvailability(need, targets, now, avoid);
      const key = `${need.inputs} ${need.model}`;
      const before = found.get(key);
      if (
        before !== undefined &&
        isRecent(before.at, now, availabilityLastsMs) &&
        now < endOf(before.availability)
      )
        return before.availability;
      const availability = findAvailability(need, targets, now);
      if (found.size >= maxAvailabilities) found.clear();
      found.set(key, { at: now, availability });
      return availability;
    },
    clear: () => found.clear(),
  };
}

/** The moment from which the availability is out of date whatever happens. */
function endOf(availability: Availability): number {
  return availability.kind === 'waiting' ? (availability.until ?? Infinity) : Infinity;
}
