// Builds what counts the calls of limited keys and owners.

import { randomUUID } from 'node:crypto';
import { startRateExchange } from '../core/limits/rate-exchange.ts';
import { createRates, type Rates } from '../core/limits/rates.ts';
import type { Clock } from '../lib/clock.ts';
import { startSystemTimer } from '../lib/timers.ts';
import type { Store } from '../store/store.ts';

const elapsed = () => performance.now();

/** Where other servers may count calls on the same database, they tell each other, until `lifetime` ends. */
export function buildRates(
  { store, clock }: { store: Store; clock: Clock },
  lifetime: AsyncDisposableStack,
): Rates {
  const rates = createRates({ elapsed, now: () => clock.now() });
  const { exchangeRates } = store;
  if (exchangeRates !== undefined)
    lifetime.defer(
      startRateExchange({
        rates,
        store: { exchangeRates },
        server: randomUUID(),
        elapsed,
        startTimer: startSystemTimer,
      }),
    );
  return rates;
}
