// The horizon of changes: all below it are there to be read. A change gets its number while its transaction is open, so one with a smaller
// number may appear after one with a larger; whoever reads on from a number without looking at the horizon would miss it.

import type { StartTimer } from '../../../lib/timers.ts';
import { numbersAdded } from '../changes-order.ts';
import type { Query } from '../database/statements.ts';

export interface Horizon {
  /** Number below which no change is still to come, as far as this process has looked. */
  known(): number;
  /** Looks which transactions of this database are open, together with others who ask at this time. */
  look(): Promise<void>;
  /** Raises what is known to the horizon of a statement. */
  raise(to: number): void;
  /** Notes a change that somebody was not shown as it is above the horizon, to be told of again when it is below. */
  withhold(changed: number): void;
  wasWithheld(changed: number): boolean;
  /** Whether some are withheld. */
  isWithholding(): boolean;
  /** Forgets withheld changes up to this one. */
  forget(upTo: number): void;
  /** Forgets what is known of a database that may be another now. */
  forgetAll(): void;
}

/**
 * Horizon of a statement, in SQL: what was open when it began, in any database of the server, is above it. `known` is the parameter with
 * what is known by looking, which passes by the other databases.
 */
export const horizonOf = (known: string): string =>
  `(SELECT greatest(${known}::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint + added) FROM change_numbers)`;

/** A look costs the database a millisecond. */
const restMs = 10;

export function createHorizon(query: Query, startTimer: StartTimer): Horizon {
  let known = 0;
  let rest = Promise.resolve();
  let next: Promise<void> | null = null;
  const withheld = new Set<number>();
  const raise = (to: number) => void (known = Math.max(known, to));

  async function lookOnce(): Promise<void> {
    await rest;
    next = null;
    rest = new Promise((resolve) => void startTimer(resolve, restMs));
    const [row] = await query(open);
    raise(Number(row?.['horizon'] ?? 0));
  }

  return {
    known: () => known,
    look: () => (next ??= lookOnce()),
    raise,
    withhold: (changed) => void withheld.add(changed),
    wasWithheld: (changed) => withheld.has(changed),
    isWithholding: () => withheld.size > 0,
    forget(upTo) {
      for (const changed of withheld) if (changed <= upTo) withheld.delete(changed);
    },
    forgetAll() {
      known = 0;
      withheld.clear();
    },
  };
}

/**
 * The number of a transaction that is open has 32 bits here, so it is counted back from the next one, which has all 64. What began after
 * this statement is not looked for: its numbers are larger. Transactions of roles that this one may not see stay hidden, so nobody else
 * may write tasks.
 */
const open = `
  SELECT ${numbersAdded} + least(next, (
    SELECT min(next - behind) FROM (
      SELECT (next - backend_xid::text::bigint) & 4294967295 AS behind FROM pg_stat_activity
      WHERE datname = current_database() AND backend_xid IS NOT NULL) AS others
    WHERE behind < 2147483648)) AS horizon
  FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) AS snapshot`;
