// Lifetime of what a server remembers of keys and sessions: one that another process has ended is refused within this time.

/** Calls back once, after that many milliseconds. */
export type Later = (run: () => void, ms: number) => void;

/** Timer of the machine, for which no process stays. */
export const systemLater: Later = (run, ms) => void setTimeout(run, ms).unref();

const believedMs = 1_000;

/**
 * Makes the function to call when a read begins, and not when it ends, as what it gives may be as old as that. `forget` drops all that is remembered,
 * a second after the first read since it was called last.
 */
export function forgetInTime(later: Later, forget: () => void): () => void {
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    later(() => {
      isPlanned = false;
      forget();
    }, believedMs);
  };
}
