// Reads the usage of days: day by day, with a turn for others after each, as a year of many keys takes a tenth of a second. Whatever moves
// between rows moves within a day, so that each task is counted once.

import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import {
  addUsage,
  usageNames,
  type UsageQuery,
  type UsageRow,
  type UsageStore,
} from '../../../core/usage/usage.ts';
import { toUsageRow, usageSql } from '../../usage-rows.ts';

type UsageOfNextDay = (query: Omit<UsageQuery, 'limit'>) => { day: number; rows: UsageRow[] } | null;

/** Reads the usage of the first day from `from` on that has any. */
export function createUsageReads(database: DatabaseSync): { usageOfNextDay: UsageOfNextDay } {
  const nextDay = database.prepare('SELECT min(day) AS day FROM usage_days WHERE day >= ? AND day <= ?');
  const report = (ofKey: string) =>
    database.prepare(
      usageSql(
        `day = :day AND ${ofKey} AND (:owner IS NULL OR owner_id = :owner) AND (:model IS NULL OR model = :model)
           AND (:upstream IS NULL OR upstream = :upstream)`,
        (name) => `:by_${name}`,
      ),
    );
  const ofAll = report(':key IS NULL');
  const ofKey = report('key_id = :key');
  return {
    usageOfNextDay({ from, to, by, only: { owner = null, key = null, model = null, upstream = null } }) {
      const day = nextDay.get(from, to)?.['day'] as number | null;
      if (day === null) return null;
      const flags = Object.fromEntries(usageNames.map((name) => [`by_${name}`, by.includes(name) ? 1 : 0]));
      const statement = key === null ? ofAll : ofKey;
      const rows = statement.all({ ...flags, day, owner, key, model, upstream });
      return { day, rows: rows.map((row) => toUsageRow(row, by)) };
    },
  };
}

export function addUpDays(usageOfNextDay: UsageOfNextDay): UsageStore['usageOf'] {
  return async ({ limit, ...query }) => {
    const sums = new Map<string, UsageRow>();
    for (let from = query.from; sums.size < limit;) {
      const found = usageOfNextDay({ ...query, from });
      if (found === null) break;
      for (const row of found.rows) {
        const name = JSON.stringify(query.by.map((each) => row[each]));
        const sum = sums.get(name);
        if (sum === undefined) sums.set(name, row);
        else addUsage(sum, row);
      }
      from = found.day + 1;
      await setImmediate();
    }
    return [...sums.values()];
  };
}
