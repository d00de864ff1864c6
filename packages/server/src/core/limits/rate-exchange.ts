// Tells other servers what this one counted in the last minute, and hears what they did, a few times a second; only while something that is
// limited is used here. So a rate can be exceeded by what the servers let through between two exchanges.

import type { StartTimer } from '../../lib/timers.ts';
import type { CountedRate, Rates } from './rates.ts';
import { windowSeconds } from './rate-window.ts';

/** Port of what is told between servers on one database. */
export interface RateStore {
  /**
   * Tells what this server counted, in place of what it told before; `null` where that still holds. Gives what the others told within the last
   * minute.
   */
  exchangeRates(server: string, counted: readonly CountedRate[] | null): Promise<CountedRate[]>;
}

/** Time from the end of an exchange to the next. */
const exchangeMs = 250;

/** Begins the exchange; gives the function that ends it. `server` is a name that no other has, `elapsed` a clock in milliseconds. */
export function startRateExchange({
  rates,
  store,
  server,
  elapsed,
  startTimer,
}: {
  rates: Pick<Rates, 'counted' | 'learn'>;
  store: RateStore;
  server: string;
  elapsed: () => number;
  startTimer: StartTimer;
}): () => void {
  const told = createTold();
  let learnedAt = elapsed();
  let isStopped = false;
  let stopTimer = startTimer(() => void next(), exchangeMs);

  async function exchange(): Promise<void> {
    const counted = rates.counted();
    if (counted.length === 0 && told.isNothing()) return;
    const others = await store.exchangeRates(server, told.isNews(counted) ? counted : null);
    told.note(counted);
    // Nobody looks at what was heard before something is used here, and it would be old by then.
    rates.learn(counted.length === 0 ? [] : others);
    learnedAt = elapsed();
  }

  async function next(): Promise<void> {
    try {
      await exchange();
    } catch {
      // The database is away, which others tell of. What was heard holds for as long as it may be true.
      if (elapsed() - learnedAt > windowSeconds * 1000) rates.learn([]);
    }
    if (!isStopped) stopTimer = startTimer(() => void next(), exchangeMs);
  }

  return () => {
    isStopped = true;
    stopTimer();
  };
}

/** Counts that the others have heard of. When the first of them leaves changes with each moment, and is no news. */
function createTold() {
  let told = '';
  const nameOf = (counted: readonly CountedRate[]) =>
    counted.map(({ kind, subjectId, used }) => `${kind} ${subjectId} ${used}`).join();
  return {
    isNothing: () => told === '',
    isNews: (counted: readonly CountedRate[]) => nameOf(counted) !== told,
    note(counted: readonly CountedRate[]): void {
      told = nameOf(counted);
    },
  };
}
