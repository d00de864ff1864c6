// Makes of the settings of money what the core works with.

import { defaultLimits } from '../config/limit-settings.ts';
import type { Config } from '../config/settings.ts';
import type { ChargePolicy } from '../core/ledger/charge-policy.ts';
import type { Gate } from '../core/limits/judge-submit.ts';

export function chargePolicyOf({
  unknown_outcomes: unknownOutcomes,
  failed_but_billed: failedButBilled,
}: Config): ChargePolicy {
  return { unknownOutcomes, failedButBilled };
}

export function gateOf(config: Config): Gate {
  return { unpriced: config.unpriced, defaults: defaultLimits(config) };
}
