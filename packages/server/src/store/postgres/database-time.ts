// The time by the clock of the database, which all processes on it go by, whatever their machines' clocks say.

import type { StartTimer } from '../../lib/timers.ts';
import type { Query } from './database/statements.ts';

export interface DatabaseTime {
  /** Unix milliseconds. By the machine's clock until the first measure. */
  now(): number;
  /** Measures the clock of the database, and does so again and again from then on. Rejects as the database does. */
  measure(): Promise<void>;
  close(): void;
}

const everyMs = 60_000;
/** After a measure that failed, as the database was away or slow. */
const retryMs = 1_000;
/** Of these questions the one counts that was answered soonest. */
const questions = 3;
/** A slower answer says too little: the time may be wrong by half of it. */
const maxRoundTripMs = 500;

export function createDatabaseTime({
  query,
  startTimer,
  machine = Date.now,
  elapsed = () => performance.now(),
}: {
  query: Query;
  startTimer: StartTimer;
  machine?: () => number;
  elapsed?: () => number;
}): DatabaseTime {
  /** Added to `elapsed`, since the machine's own time may be set anew at any moment. */
  let offset = machine() - elapsed();
  let isMeasured = false;
  let isClosed = false;
  let stopTimer = () => {};

  async function ask(): Promise<{ offset: number; roundTripMs: number }> {
    const sentAt = elapsed();
    const [row] = await query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now');
    const answeredAt = elapsed();
    return {
      offset: Number(row?.['now']) - (sentAt + answeredAt) / 2,
      roundTripMs: answeredAt - sentAt,
    };
  }

  async function measure(): Promise<void> {
    stopTimer();
    let nextMs = retryMs;
    try {
      let best = await ask();
      for (let asked = 1; asked < questions; asked += 1) {
        const answer = await ask();
        if (answer.roundTripMs < best.roundTripMs) best = answer;
      }
      if (isMeasured && best.roundTripMs > maxRoundTripMs) return;
      offset = best.offset;
      isMeasured = true;
      nextMs = everyMs;
    } finally {
      if (!isClosed) stopTimer = startTimer(() => void measure().catch(() => {}), nextMs);
    }
  }

  return {
    now: () => Math.floor(elapsed() + offset),
    measure,
    close() {
      isClosed = true;
      stopTimer();
    },
  };
}
