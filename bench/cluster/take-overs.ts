// How long it took until the tasks of a node that was lost were another's: since the event, for each call that was under way at it.

import type { AttemptRow } from './rows.ts';
import type { UpstreamCall } from './upstream-calls.ts';

export interface Loss {
  /** Name of the node. */
  node: string;
  what: string;
  /** Unix milliseconds. */
  at: number;
  /** Calls and operations that were under way at it. */
  held: readonly UpstreamCall[];
  /** Until then its calls may be open beside those of others; `at` for a node that is dead. */
  backAt: number;
}

/** Milliseconds for each held call: until its attempt was closed, or another node asked after its operation. */
export function takeOverMs(
  { node, at, held }: Loss,
  attemptsOf: (number: number) => readonly AttemptRow[],
): { number: number; ms: number }[] {
  return held.map(({ number, upstream, askedBy }) => {
    const closed = attemptsOf(number)
      .filter((attempt) => attempt.upstream === upstream && (attempt.finishedAt ?? Infinity) >= at)
      .map(({ finishedAt }) => finishedAt ?? Infinity);
    const asked = [...askedBy].flatMap(([name, when]) => (name !== node && when >= at ? [when] : []));
    return { number, ms: Math.min(...closed, ...asked) - at };
  });
}
