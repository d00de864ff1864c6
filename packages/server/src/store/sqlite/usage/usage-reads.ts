// Reads the usage of days: day by day, with a turn for others after each, as a year of many keys takes a tenth of a second. Whatever moves
// between rows moves within a day, so that each task is counted once.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { UsageQuery, UsageStore } from '../../../core/usage/usage.ts';
import type { Row } from '../../rows.ts';
import { toUsageRow, usagePlaceColumns, usageSql, usageSumColumns } from '../../usage-rows.ts';

type UsageOfNextDay = (query: Omit<UsageQuery, 'limit'>) => { day: number; rows: Row[] } | null;

/** Reads the usage of the first day from `from` on that has any. */
export function createUsageReads(database: DatabaseSync): { usageOfNextDay: UsageOfNextDay } {
  const nextDay = database.prepare('SELECT min(day) AS day FROM usage_days WHERE day >= ? AND day <= ?');
  const statements = new Map<string, StatementSync>();

  /** A statement for each set of names, of which there are few. */
  function report(by: UsageQuery['by'], ofKey: string): StatementSync {
    const sql = usageSql(
      by,
      `day = :day AND ${ofKey} AND (:owner IS NULL OR owner_id = :owner) AND (:model IS NULL OR model = :model)
         AND (:upstream IS NULL OR upstream = :upstream)`,
    );
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  return {
    usageOfNextDay({ from, to, by, only: { owner = null, key = null, model = null, upstream = null } }) {
      const day = nextDay.get(from, to)?.['day'] as number | null;
      if (day === null) return null;
      const statement = report(by, key === null ? ':key IS NULL' : 'key_id = :key');
      return { day, rows: statement.all({ day, owner, key, model, upstream }) };
    },
  };
}

export function addUpDays(usageOfNextDay: UsageOfNextDay): UsageStore['usageOf'] {
  return async ({ limit, ...query }) => {
    const { by } = query;
    const places = by.map((name) => usagePlaceColumns[name]);
    const sums = new Map<string, Row>();
    for (let from = query.from; sums.size < limit;) {
      const found = usageOfNextDay({ ...query, from });
      if (found === null) break;
      for (const row of found.rows) addRow(sums, row, places);
      from = found.day + 1;
      await setImmediate();
    }
    return [...sums.values()].map((row) => toUsageRow(row, by));
  };
}

const sumColumns = Object.values(usageSumColumns);

/** Adds to the row of its place. Names have no line feeds. */
function addRow(sums: Map<string, Row>, row: Row, places: readonly string[]): void {
  const name = places.map((column) => row[column]).join('\n');
  const sum = sums.get(name);
  if (sum === undefined) sums.set(name, row);
  else for (const column of sumColumns) sum[column] = Number(sum[column]) + Number(row[column]);
}
