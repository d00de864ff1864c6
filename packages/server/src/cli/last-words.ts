// The end of a process by a fault that nobody caught: one line for its user, never a bare stack.

import { safeText } from '../lib/safe-text.ts';

/** One line with the error's message and the first place in the code that its stack names. */
export function lastWords(error: unknown): string {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const place = stack.split('\n').find((line) => line.startsWith('    at '));
  return safeText(`${message}${place === undefined ? '' : ` (${place.trim()})`}`, [], 1_000);
}

/**
 * Has the process end with 1 at the first fault that reaches nobody, once `report` was given its stack. What it had accepted is on disk,
 * and its state can't be trusted any more.
 */
export function endOnFault(report: (stack: string) => void): void {
  let isEnding = false;
  process.on('uncaughtException', (error: unknown) => {
    // Its own words may fail too, as on a disk that is full.
    if (isEnding) process.exit(1);
    isEnding = true;
    report(safeText(error instanceof Error ? (error.stack ?? error.message) : String(error), [], 4_000));
    console.error(
      `The server ends by a fault of its own: ${lastWords(error)}. What was accepted is safe; start it again.`,
    );
    process.exit(1);
  });
}
