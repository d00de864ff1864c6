// Statements that read the usage of days, and join its parts.

import type { UsageQuery, UsageStore } from '../../../core/usage/usage.ts';
import { toUsageRow, usagePlaceColumns, usageSql, usageSumColumns } from '../../usage-rows.ts';
import type { Query } from '../database/statements.ts';
import { oneByOne, type Transaction } from '../database/writer.ts';
import { isOldPart, joinedPart } from '../parts.ts';
import { countOf } from '../tasks/delete-in-steps.ts';
import { addTo } from './usage-writes.ts';

export function createUsage(query: Query): UsageStore {
  return {
    async usageOf({ from, to, by, only, limit }) {
      const { owner = null, key = null, model = null, upstream = null } = only;
      const sql = reportSql(by, key === null ? '$3::text IS NULL' : 'key_id = $3');
      const rows = await query(sql, [from, to, key, owner, model, upstream, limit]);
      return rows.map((row) => toUsageRow(row, by));
    },
  };
}

const reportSql = (by: UsageQuery['by'], ofKey: string) =>
  `${usageSql(
    by,
    `day BETWEEN $1 AND $2 AND ${ofKey} AND ($4::text IS NULL OR owner_id = $4) AND ($5::text IS NULL OR model = $5)
       AND ($6::text IS NULL OR upstream = $6)`,
  )} LIMIT $7`;

const place = Object.values(usagePlaceColumns).join(', ');
const sums = Object.values(usageSumColumns);

const joinSql = `WITH moved AS (
    DELETE FROM usage_days WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM usage_days WHERE ${isOldPart} LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING ${place}, ${sums.join(', ')}),
  added AS (${addTo(
    `SELECT ${place}, ${sums.map((column) => `sum(${column})`).join(', ')}, ${joinedPart} FROM moved GROUP BY ${place} ORDER BY ${place}`,
  )})
  SELECT count(*) AS count FROM moved`;

/** Joins parts to which nothing is added any more. */
export const joinUsage = oneByOne(({ query }: Transaction, limit: number) =>
  countOf(query(joinSql, [limit])),
);
