// The usage of days as it is moved: PostgreSQL has each row in parts, which are added up.

import { joinedPart } from '../postgres/parts.ts';
import { usagePlaceColumns, usageSumColumns } from '../usage-rows.ts';
import type { Columns, MovedTable } from './moved-table.ts';

const key = Object.values(usagePlaceColumns);
const sums = Object.values(usageSumColumns);
const columns: Columns = {
  day: 'integer',
  owner_id: 'text',
  key_id: 'text',
  model: 'text',
  upstream: 'text',
  ...Object.fromEntries(sums.map((column) => [column, 'integer'] as const)),
};

export const usageTable: MovedTable = {
  name: 'usage_days',
  columns,
  key,
  postgres: {
    from: `(SELECT ${key.join(', ')}, ${sums.map((column) => `sum(${column})::bigint AS ${column}`).join(', ')} FROM usage_days GROUP BY ${key.join(', ')})`,
    written: { ...columns, part: 'integer' },
    toRows: (row) => [{ ...row, part: joinedPart }],
  },
};
