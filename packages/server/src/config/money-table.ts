// Settings of money: the operator's own prices, and who bears what is not clear.

import { oneOf } from './value-types.ts';
import type { Setting } from './setting.ts';
import { sellingPriceEntries } from './upstream-settings.ts';

export const moneyTable = {
  selling_prices: {
    schema: sellingPriceEntries,
    default: {},
    variable: '',
    about:
      'Prices in US dollars that owners of tasks pay for a picture, by model, for any size or by size; [money](money.md) has examples. Without one an owner pays what the upstream costs, and so for a size that is not named where others are.',
  },
  unpriced: {
    schema: oneOf('refuse', 'allow'),
    default: 'refuse',
    about:
      'Whether tasks of a model without a known price are accepted of keys and owners that have a budget, or a limit of what is reserved.',
  },
  unknown_outcomes: {
    schema: oneOf('absorb', 'charge'),
    default: 'absorb',
    about:
      'Bearer of a failed task of which nobody knows whether the upstream billed it, a day after its end: the operator (`absorb`), or its owner (`charge`), by what was reserved.',
  },
  failed_but_billed: {
    schema: oneOf('absorb', 'charge'),
    default: 'absorb',
    about:
      'Bearer of what upstreams billed for calls that brought no picture: the operator (`absorb`), or the owner of the task (`charge`).',
  },
} as const satisfies Record<string, Setting>;
