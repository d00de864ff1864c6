// Statements that add to the usage of days, in the transaction of what is added.

import { dayMs } from '../../../lib/time/days.ts';
import type { UsageChange } from '../../../core/usage/usage-changes.ts';
import { usagePlaceColumns, usageSumColumns } from '../../usage-rows.ts';
import { rowParameters } from '../database/parameters.ts';
import { part } from '../parts.ts';

const place = Object.values(usagePlaceColumns).join(', ');
const sums = Object.values(usageSumColumns);

/** Adds rows of a SELECT, which are in one order for all, so that two transactions never wait for each other. */
export const addTo = (rows: string) => `INSERT INTO usage_days (${place}, ${sums.join(', ')}, part) ${rows}
  ON CONFLICT (day, key_id, owner_id, model, upstream, part)
  DO UPDATE SET ${sums.map((column) => `${column} = usage_days.${column} + excluded.${column}`).join(', ')}`;

/** Adds the tasks that the item `inserted` of a WITH has inserted. */
export const submittedUsage = addTo(
  `SELECT created_at - created_at % ${dayMs} AS day, owner_id, key_id, model, '', count(*), 0, 0, 0, 0, 0, 0, coalesce(sum(reserved_micro_usd), 0), ${part}
   FROM inserted GROUP BY day, owner_id, key_id, model ORDER BY day, owner_id, key_id, model`,
);

export const usageRows = rowParameters<UsageChange>(
  {
    day: ['bigint', ({ day }) => day],
    owner_id: ['text', ({ owner }) => owner],
    key_id: ['text', ({ key }) => key],
    model: ['text', ({ model }) => model],
    upstream: ['text', ({ upstream }) => upstream],
    ...Object.fromEntries(
      Object.entries(usageSumColumns).map(([name, column]) => [
        column,
        ['bigint', (change: UsageChange) => change[name as keyof typeof usageSumColumns]] as const,
      ]),
    ),
  },
  { as: 'used', first: 5 },
);

/** Adds the changes that are given as `usageRows`. */
export const changedUsage = addTo(
  `SELECT ${place}, ${sums.map((column) => `sum(${column})`).join(', ')}, ${part} FROM ${usageRows.table}
   GROUP BY ${place} ORDER BY ${place}`,
);
