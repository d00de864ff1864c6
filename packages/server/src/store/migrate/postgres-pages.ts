// Reads of PostgreSQL's tables in pages.

import { fromColumn, toColumn } from '../postgres/database/text.ts';
import type { Query } from '../postgres/database/statements.ts';
import { type MovedRow, type MovedTable, pageLength, readList, type Value } from './moved-table.ts';
import type { StoreEnd } from './store-end.ts';

export function createReads(query: Query): Pick<StoreEnd, 'readPage' | 'countRows'> {
  return {
    async readPage(table, after, limit) {
      const behind = after === null ? [] : toStored(table, after);
      const rows = await query(pageSql(table, after !== null), [limit, ...behind]);
      return rows.map((row) => toMoved(table, row as MovedRow));
    },
    async countRows(table) {
      const [row] = await query(`SELECT count(*) AS count FROM ${fromOf(table)}`);
      return Number(row?.['count']);
    },
  };
}

const fromOf = ({ name, postgres }: MovedTable): string =>
  postgres?.from === undefined ? name : `${postgres.from} AS ${name}`;

/** Rows up to a length of their texts, which is known before they are sent. */
function pageSql(table: MovedTable, isLater: boolean): string {
  const { columns, key, postgres } = table;
  const order = key.join(', ');
  const from = fromOf(table);
  const where = isLater ? `WHERE (${order}) > (${key.map((_, index) => `$${index + 2}`).join(', ')})` : '';
  const texts = Object.entries(columns).filter(([, kind]) => kind === 'text' || kind === 'name');
  const length = texts.map(([column]) => `coalesce(octet_length(${column}), 0)`).join(' + ');
  return `SELECT * FROM (
      SELECT page.*, sum(${length === '' ? 0 : length}) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_it
      FROM (SELECT ${readList(table, postgres)} FROM ${from} ${where} ORDER BY ${order} LIMIT $1) AS page) AS summed
    WHERE coalesce(before_it, 0) < ${pageLength} ORDER BY ${order}`;
}

function toStored({ columns, key }: MovedTable, values: readonly Value[]): Value[] {
  return values.map((value, index) =>
    columns[key[index] ?? ''] === 'name' ? toColumn(String(value)) : value,
  );
}

function toMoved({ columns, postgres }: MovedTable, row: MovedRow): MovedRow {
  const moved: Record<string, Value> = {};
  for (const [column, kind] of Object.entries(columns)) {
    const value = row[column] ?? null;
    if (kind === 'name') moved[column] = value === null ? null : fromColumn(String(value));
    else moved[column] = kind === 'list' ? JSON.stringify(value) : value;
  }
  return postgres?.toMoved?.(moved) ?? moved;
}
