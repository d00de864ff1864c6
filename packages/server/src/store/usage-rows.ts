// Columns of the usage of days, which both stores name alike, and rows of reports.

import {
  type UsageName,
  usageNames,
  type UsageQuery,
  type UsageRow,
  type UsageSums,
} from '../core/usage/usage.ts';
import type { Row } from './rows.ts';

/** Columns of the place. */
export const usagePlaceColumns = {
  day: 'day',
  owner: 'owner_id',
  key: 'key_id',
  model: 'model',
  upstream: 'upstream',
} as const satisfies Record<UsageName, string>;

/** Columns of sums. */
export const usageSumColumns = {
  submitted: 'submitted',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  pictures: 'pictures',
  costMicroUsd: 'cost_micro_usd',
  chargedMicroUsd: 'charged_micro_usd',
  reservedMicroUsd: 'reserved_micro_usd',
} as const satisfies Record<keyof UsageSums, string>;

const sums = Object.values(usageSumColumns);

/** SQL of a report; `which` chooses the rows that are added up. There is one text for each set of names, whatever their order. */
export function usageSql(by: UsageQuery['by'], which: string): string {
  const places = usageNames.filter((name) => by.includes(name)).map((name) => usagePlaceColumns[name]);
  const summed = sums.map((column) => `sum(${column}) AS ${column}`);
  return `SELECT ${[...places, ...summed].join(', ')} FROM usage_days WHERE ${which}
    ${places.length === 0 ? '' : `GROUP BY ${places.join(', ')}`}
    HAVING ${sums.map((column) => `sum(${column}) <> 0`).join(' OR ')}`;
}

export function toUsageRow(row: Row, by: UsageQuery['by']): UsageRow {
  const place = by.map((name) => [name, row[usagePlaceColumns[name]]]);
  const summed = Object.entries(usageSumColumns).map(([name, column]) => [name, Number(row[column])]);
  return Object.fromEntries([...place, ...summed]) as UsageRow;
}
