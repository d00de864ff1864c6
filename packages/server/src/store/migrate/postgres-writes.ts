// Writes of a move into PostgreSQL's tables.

import { filledTables, fillQueue } from '../postgres/order/fill-queue.ts';
import type { Query } from '../postgres/database/statements.ts';
import { toColumn } from '../postgres/database/text.ts';
import { type Kind, kindsOf, type MovedTable, type Value, writtenRows } from './moved-table.ts';
import type { TargetEnd } from './store-end.ts';
import { movedTables } from './tables.ts';

type Writes = Pick<TargetEnd, 'findFilled' | 'begin' | 'write' | 'finish'>;

export function createWrites(
  query: Query,
  inTransaction: <T>(work: (query: Query) => Promise<T>) => Promise<T>,
): Writes {
  return {
    async findFilled() {
      const filled: string[] = [];
      for (const { name } of movedTables)
        if ((await query(`SELECT 1 FROM ${name} LIMIT 1`)).length > 0) filled.push(name);
      return filled;
    },
    begin: (progress) =>
      inTransaction(async () => {
        await query('CREATE TABLE move_progress (progress text NOT NULL)');
        await query('INSERT INTO move_progress VALUES ($1)', [JSON.stringify(progress)]);
      }),
    write: (table, rows, progress) =>
      inTransaction(async () => {
        const kinds = kindsOf(table, table.postgres);
        const written = writtenRows(rows, table.postgres);
        const values = kinds.map(([column, kind]) =>
          written.map((row) => toStored(row[column] ?? null, kind)),
        );
        await query(insertSql(table, kinds), values);
        await query('UPDATE move_progress SET progress = $1', [JSON.stringify(progress)]);
      }),
    async finish() {
      await query('SET synchronous_commit = on');
      await inTransaction(async () => {
        for (const statement of fillQueue) await query(statement);
        // Numbers that come go on above those that were moved.
        for (const { name, key, postgres } of movedTables)
          if (postgres?.overriding !== undefined)
            await query(
              `SELECT setval(pg_get_serial_sequence('${name}', '${key[0]}'), max(${key[0]})) FROM ${name} HAVING count(*) > 0`,
            );
        await query('DROP TABLE move_progress');
      });
      // Nobody knows yet how large the tables are, by which statements are planned.
      for (const name of [...movedTables.map((table) => table.name), ...filledTables])
        await query(`ANALYZE ${name}`);
    },
  };
}

const types: Readonly<Record<Kind, string>> = {
  text: 'text',
  name: 'text',
  integer: 'bigint',
  real: 'double precision',
  bytes: 'bytea',
  list: 'text',
};

function insertSql({ name, postgres }: MovedTable, kinds: readonly [string, Kind][]): string {
  const columns = kinds.map(([column]) => column).join(', ');
  const arrays = kinds.map(([, kind], index) => `$${index + 1}::${types[kind]}[]`).join(', ');
  const values = kinds.map(([column, kind]) =>
    kind === 'list' ? `string_to_array(${column}, ',')` : column,
  );
  return `INSERT INTO ${name} (${columns}) ${postgres?.overriding ?? ''}
    SELECT ${values.join(', ')} FROM unnest(${arrays}) AS moved (${columns}) ON CONFLICT DO NOTHING`;
}

function toStored(value: Value, kind: Kind): unknown {
  if (value === null) return null;
  if (kind === 'name') return toColumn(String(value));
  if (kind === 'list') return (JSON.parse(String(value)) as string[]).join(',');
  return kind === 'bytes' ? Buffer.from(value as Uint8Array) : value;
}
