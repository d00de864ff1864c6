// How the log names a fault of the store, none of whose messages holds anything of a task.

export function errorWords(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
