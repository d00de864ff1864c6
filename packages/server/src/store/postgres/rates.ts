// Statements of the counts of calls that servers tell each other.

import type { CountedRate, RateKind } from '../../core/limits/rates.ts';
import type { RateStore } from '../../core/limits/rate-exchange.ts';
import type { Query } from './database/statements.ts';
import { fromColumn, toColumn } from './database/text.ts';

/** A count as its column has it: kind, id, calls, milliseconds until the first of them leaves. */
type Told = [RateKind, string, number, number];

/** Longer than any call is counted. */
const believedMs = 61_000;
const forgetAfterMs = 3_600_000;

/** Each exchange is a statement by itself. The table is not logged: what is lost in a crash of the database would be old a minute later. */
export function createRateStore(query: Query): RateStore {
  return {
    async exchangeRates(server, counted) {
      const rows =
        counted === null
          ? await query(told, [server])
          : await query(exchange, [server, JSON.stringify(counted.map(toTold))]);
      return rows.flatMap(({ counts, age_ms: age }) =>
        (JSON.parse(counts as string) as Told[]).map((each) => fromTold(each, age as number)),
      );
    },
  };
}

const toTold = ({ kind, subjectId, used, untilNextMs }: CountedRate): Told => [
  kind,
  toColumn(subjectId),
  used,
  Math.ceil(untilNextMs),
];

function fromTold([kind, id, used, untilNextMs]: Told, ageMs: number): CountedRate {
  return { kind, subjectId: fromColumn(id), used, untilNextMs: Math.max(0, untilNextMs - ageMs) };
}

const now = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const told = `SELECT counts, greatest(0, ${now} - counted_at) AS age_ms FROM rate_counts
  WHERE node_id <> $1 AND counted_at > ${now} - ${believedMs}`;
const exchange = `WITH own AS (
    INSERT INTO rate_counts (node_id, counted_at, counts) VALUES ($1, ${now}, $2)
    ON CONFLICT (node_id) DO UPDATE SET counted_at = excluded.counted_at, counts = excluded.counts),
  old AS (DELETE FROM rate_counts WHERE counted_at < ${now} - ${forgetAfterMs})
  ${told}`;
