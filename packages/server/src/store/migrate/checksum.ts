// Contents of a table in two numbers: how many rows, and a sum over their contents that does not depend on their order.

import { hash } from 'node:crypto';
import type { MovedRow, MovedTable, Value } from './moved-table.ts';
import type { StoreEnd } from './store-end.ts';

export interface Contents {
  rows: number;
  /** Hexadecimal. */
  sum: string;
}

/** Reads all rows of a table. `onRows` is told how many more were read. */
export async function readContents(
  end: StoreEnd,
  table: MovedTable,
  { signal, pageRows, onRows }: { signal: AbortSignal; pageRows: number; onRows: (count: number) => void },
): Promise<Contents> {
  const sums = [0, 0, 0, 0];
  let rows = 0;
  for (let after: Value[] | null = null; ;) {
    signal.throwIfAborted();
    const page: MovedRow[] = await end.readPage(table, after, pageRows);
    const last = page.at(-1);
    if (last === undefined) break;
    for (const row of page) add(sums, contentOf(table, row));
    after = keyOf(table, last);
    rows += page.length;
    onRows(page.length);
  }
  return { rows, sum: sums.map((word) => word.toString(16).padStart(8, '0')).join('') };
}

export const keyOf = ({ key }: MovedTable, row: MovedRow): Value[] =>
  key.map((column) => row[column] ?? null);

function add(sums: number[], content: string): void {
  const digest = hash('sha256', content, 'buffer');
  for (const [index, sum] of sums.entries()) sums[index] = (sum + digest.readUInt32LE(4 * index)) >>> 0;
}

/** SQLite keeps no half of a surrogate pair outside JSON: it stores the sign for a character that is unknown. */
function contentOf({ columns, uncompared = [] }: MovedTable, row: MovedRow): string {
  const values = Object.keys(columns)
    .filter((column) => !uncompared.includes(column))
    .map((column) => row[column] ?? null)
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : wellFormed(value)));
  return JSON.stringify(values);
}

const wellFormed = (value: string | number | null) =>
  typeof value === 'string' ? value.toWellFormed() : value;
