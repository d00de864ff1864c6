// Counts of tasks as they are moved: SQLite has those of a bucket in one row, and PostgreSQL a row for each.

import type { TaskCounts, TaskEnds } from '../../core/tasks/statistics.ts';
import { noCounts } from '../../core/tasks/task-counts.ts';
import { addNamed, namedCounts } from '../postgres/count-names.ts';
import { joinedPart } from '../postgres/parts.ts';
import type { MovedRow, MovedTable } from './moved-table.ts';

/** Counts of a bucket are JSON of their names and numbers, in the order of the names. */
export const countsTable: MovedTable = {
  name: 'task_counts',
  columns: { bucket_at: 'integer', model: 'text', counts: 'text' },
  key: ['bucket_at', 'model'],
  sqlite: {
    read: { counts: `json_set(ends, '$.submitted', submitted)` },
    toMoved: (row) => withCounts(row, { ...noCounts(), ...(JSON.parse(countsOf(row)) as TaskCounts) }),
    written: { bucket_at: 'integer', model: 'text', submitted: 'integer', ends: 'text' },
    toRows(row) {
      const { submitted, ...ends } = fromNamed(countsOf(row));
      return [{ ...row, submitted, ends: JSON.stringify(ends satisfies TaskEnds) }];
    },
  },
  postgres: {
    // A count has parts, which are added up.
    from: `(SELECT bucket_at, model, json_agg(json_build_array(name, count))::text AS counts FROM task_counts GROUP BY bucket_at, model)`,
    toMoved: (row) => withCounts(row, fromNamed(countsOf(row))),
    written: { bucket_at: 'integer', model: 'text', part: 'integer', name: 'text', count: 'integer' },
    toRows: (row) =>
      named(countsOf(row)).map(([name, count]) => Object.assign({ part: joinedPart, name, count }, row)),
  },
};

const countsOf = (row: MovedRow) => String(row['counts']);
const named = (counts: string) => JSON.parse(counts) as [string, number][];

function withCounts(row: MovedRow, counts: TaskCounts): MovedRow {
  const sorted = namedCounts(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ...row, counts: JSON.stringify(sorted) };
}

function fromNamed(names: string): TaskCounts {
  const counts = noCounts();
  for (const [name, count] of named(names)) addNamed(counts, name, count);
  return counts;
}
