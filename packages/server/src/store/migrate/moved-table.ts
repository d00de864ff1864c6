// Tables as they are moved from one store to the other: rows have one form, and each store says how it reads and writes them.

export type Value = string | number | null | Uint8Array;
/** Row by the names of its columns, in the form that both stores have in common. */
export type MovedRow = Readonly<Record<string, Value>>;

/** `name` is text of clients beside JSON, which PostgreSQL marks; `list` is JSON of words without commas, and an array on PostgreSQL. */
export type Kind = 'text' | 'name' | 'integer' | 'real' | 'bytes' | 'list';
export type Columns = Readonly<Record<string, Kind>>;

/** Where a store differs from the common form. */
export interface Side {
  /** SQL of columns that are not read by their name. */
  read?: Readonly<Record<string, string>>;
  /** FROM instead of the table, under the table's name. */
  from?: string;
  /** Brings a row that was read into the common form. */
  toMoved?: (row: MovedRow) => MovedRow;
  /** Columns that are written, where they are others. */
  written?: Columns;
  /** Rows to be written for a row. */
  toRows?: (row: MovedRow) => MovedRow[];
  /** SQL between the columns and the rows of an INSERT. */
  overriding?: string;
}

export interface MovedTable {
  /** Name in both stores. */
  name: string;
  columns: Columns;
  /** Columns by which rows are read, in their order, and told apart. */
  key: readonly string[];
  /** Columns of which each store has values of its own. */
  uncompared?: readonly string[];
  sqlite?: Side;
  postgres?: Side;
}

/** Length of the texts of a page, so that it fits into memory however long they are. */
export const pageLength = 4 * 2 ** 20;

export const kindsOf = (table: MovedTable, side: Side = {}): [string, Kind][] =>
  Object.entries(side.written ?? table.columns);

/** Columns as they are read, in SQL. */
export const readList = ({ columns }: MovedTable, { read = {} }: Side = {}): string =>
  Object.keys(columns)
    .map((column) => (read[column] === undefined ? column : `${read[column]} AS ${column}`))
    .join(', ');

/** Rows to be written for some. */
export const writtenRows = (rows: readonly MovedRow[], { toRows }: Side = {}): readonly MovedRow[] =>
  toRows === undefined ? rows : rows.flatMap(toRows);
