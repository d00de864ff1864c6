// Rows as parameters of a statement: an array for each column, so that a statement has one text however many rows it is given.

/** A column's type in SQL, and its value in the row of an item. */
type Columns<Item> = Readonly<Record<string, readonly [type: string, of: (item: Item) => unknown]>>;

export interface RowParameters<Item> {
  /** Names of the columns, in their order. */
  names: string;
  /** Item of a FROM: the columns, and `place`, the number of the row counted from 1. */
  table: string;
  /** Parameters for these items. */
  of(items: readonly Item[]): unknown[];
}

/** `as` is the table's name in the statement, and `first` the number of its first parameter. */
export function rowParameters<Item>(
  columns: Columns<Item>,
  { as = 'asked', first = 1 }: { as?: string; first?: number } = {},
): RowParameters<Item> {
  const names = Object.keys(columns).join(', ');
  const arrays = Object.values(columns).map(([type], index) => `$${first + index}::${type}[]`);
  return {
    names,
    table: `unnest(${arrays.join(', ')}) WITH ORDINALITY AS ${as} (${names}, place)`,
    of: (items) => Object.values(columns).map(([, of]) => items.map(of)),
  };
}
