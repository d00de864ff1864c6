/** Class of an error, for logs: its words may hold what no log may. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
