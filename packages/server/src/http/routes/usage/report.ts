// Reads a report of usage as it is asked for, and answers with it as JSON or as a file of CSV.

import {
  addUsage,
  compareUsage,
  noUsage,
  type UsageQuery,
  type UsageRow,
  type UsageStore,
  type UsageSums,
} from '../../../core/usage/usage.ts';
import { dayText } from '../../../lib/time/days.ts';
import { invalid } from '../../refusals/invalid.ts';
import { data, type DataText } from '../../route/forms.ts';
import type { AnswerForm } from '../../route/route.ts';
import { reportCsv, reportText } from '../../views/usage-view.ts';

const maxRows = 10_000;

/** Throws `RequestError` (`invalid_request`) for a report of too many rows. */
export async function readReport(
  store: UsageStore,
  query: Omit<UsageQuery, 'limit'>,
): Promise<{ rows: UsageRow[]; total: UsageSums }> {
  // One more tells that there are too many.
  const rows = await store.usageOf({ ...query, limit: maxRows + 1 });
  if (rows.length > maxRows) {
    const message = `makes more than ${maxRows.toLocaleString('en')} rows: name less, or fewer days by from and to`;
    throw invalid([{ path: 'by', message }]);
  }
  const total = { ...noUsage };
  for (const row of rows) addUsage(total, row);
  return { rows: rows.toSorted(compareUsage(query.by)), total };
}

export interface Report<Row extends object> {
  from: number;
  to: number;
  rows: readonly Row[];
  total: object;
  /** Members of the rows, in the order of the file's columns. */
  columns: readonly (keyof Row & string)[];
}

type Written = DataText | { csv: string; fileName: string };

export async function writeReport<Row extends object>(
  { rows, total, columns, ...days }: Report<Row>,
  format: 'json' | 'csv' = 'json',
): Promise<Written> {
  if (format === 'json') return { dataText: await reportText(days, rows, total) };
  const fileName = `usage-${dayText(days.from)}-${dayText(days.to)}.csv`;
  return { csv: await reportCsv(rows, columns), fileName };
}

export function reportAnswer(name: 'Usage' | 'AdminUsage', description: string): AnswerForm<Written> {
  const asJson = data(name, description);
  const [whole] = Object.values(asJson.responses);
  return {
    responses: {
      200: {
        description,
        headers: { ...whole?.headers },
        content: { ...whole?.content, 'text/csv': { schema: { type: 'string' } } },
      },
    },
    send(served, result) {
      if ('dataText' in result) return asJson.send(served, result);
      return served.reply
        .type('text/csv; charset=utf-8; header=present')
        .header('Content-Disposition', `attachment; filename="${result.fileName}"`)
        .header('Cache-Control', 'private, no-store')
        .header('X-Content-Type-Options', 'nosniff')
        .send(result.csv);
    },
  };
}
