// Gathers what the writes of a transaction add to the usage, which is mostly to one place, and adds it at the end of the transaction.

import type { UsageChange } from '../../../core/usage/usage-changes.ts';
import { usagePlaceColumns, usageSumColumns } from '../../usage-rows.ts';

export type AddUsage = (change: UsageChange) => void;

export interface GatheredUsage {
  add: AddUsage;
  /** Adds to the records what was gathered, each place once. To be called within the transaction. */
  write(): void;
  /** Forgets what was gathered by a transaction that is undone. */
  drop(): void;
}

const place = Object.keys(usagePlaceColumns) as (keyof typeof usagePlaceColumns)[];
const sums = Object.keys(usageSumColumns) as (keyof typeof usageSumColumns)[];

export function gatherUsage(addNow: AddUsage): GatheredUsage {
  const gathered = new Map<string, UsageChange>();
  return {
    add(change) {
      const name = JSON.stringify(place.map((column) => change[column]));
      const known = gathered.get(name);
      if (known === undefined) gathered.set(name, { ...change });
      else for (const column of sums) known[column] += change[column];
    },
    write() {
      for (const change of gathered.values()) addNow(change);
      gathered.clear();
    },
    drop: () => gathered.clear(),
  };
}
