// Builds what counts the calls of limited keys and owners.

import type { Config } from '../config/settings.ts';
import { createRates, type Rates } from '../core/limits/rates.ts';
import type { Clock } from '../lib/clock.ts';

export function buildRates(_config: Config, clock: Clock): Rates {
  return createRates({ elapsed: () => performance.now(), now: () => clock.now() });
}
