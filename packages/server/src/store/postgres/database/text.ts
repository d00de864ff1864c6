// Text of clients in columns that are read as they are. PostgreSQL takes neither NUL nor half a surrogate pair, and both may come; JSON
// has escapes for them, so only text beside JSON needs this.

/** Begins a text that is stored as JSON. */
const mark = '\u0001';

export function toColumn(value: string): string {
  const isPlain = value.isWellFormed() && !value.includes('\0') && !value.startsWith(mark);
  return isPlain ? value : mark + JSON.stringify(value);
}

export function fromColumn(column: string): string {
  return column.startsWith(mark) ? (JSON.parse(column.slice(1)) as string) : column;
}
