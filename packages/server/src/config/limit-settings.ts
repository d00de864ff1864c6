// Settings of limits: what every key and every owner is limited to that has no limits and no budget of its own.

import * as z from 'zod';
import { budgetOf, type LimitName, limitsOf, type NamedLimits } from '../core/limits/limit-names.ts';
import { budgetPeriods, type Limited } from '../core/limits/limits.ts';
import type { DefaultLimits } from '../core/limits/subjects.ts';
import type { Setting } from './setting.ts';
import { mapping, oneOf, timeZone, wholeNumber } from './value-types.ts';

const most = Number.MAX_SAFE_INTEGER;
const limitMembers = {
  submits_per_minute: wholeNumber(0, 1_000_000).optional(),
  queries_per_minute: wholeNumber(0, 1_000_000_000).optional(),
  running: wholeNumber(0, 1_000_000).optional(),
  waiting: wholeNumber(0, 10_000_000).optional(),
  pictures_per_day: wholeNumber(0, 1_000_000_000).optional(),
  stored_bytes: wholeNumber(0, most).optional(),
  reserved_micro_usd: wholeNumber(0, most).optional(),
} satisfies Record<LimitName, z.ZodType<number | undefined>>;

/** The environment has text. */
const fromText = (value: unknown) => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
};
export const limitEntries = z.preprocess(fromText, mapping(limitMembers));
export const budgetEntry = z.preprocess(
  fromText,
  mapping({
    period: oneOf(...budgetPeriods),
    amount_micro_usd: wholeNumber(0, most),
    time_zone: timeZone.optional(),
  }),
);

const names = Object.keys(limitMembers)
  .map((name) => `\`${name}\``)
  .join(', ');

export const limitTable = {
  key_limits: {
    schema: limitEntries,
    default: {},
    about: `Limits of every key that has none of its own by the same name: ${names}; [limits](limits.md) has what they mean. In the environment it is JSON.`,
  },
  owner_limits: {
    schema: limitEntries,
    default: {},
    about:
      'Limits of every owner that has none of its own by the same name, with the members of `key_limits`. They hold for a key without an owner too, where `key_limits` says nothing.',
  },
  key_budget: {
    schema: budgetEntry,
    about:
      'Budget of every key that has none of its own: `period` (`day`, `month` or `total`), `amount_micro_usd` and `time_zone` (default `UTC`). In the environment it is JSON.',
  },
  owner_budget: {
    schema: budgetEntry,
    about:
      'Budget of every owner that has none of its own, with the members of `key_budget`. It holds for a key without an owner too, where there is no `key_budget`.',
  },
} as const satisfies Record<string, Setting>;

type NamedBudget = z.output<typeof budgetEntry>;

/** Gives the defaults as the core has them. */
export function defaultLimits({
  key_limits: keyLimits,
  owner_limits: ownerLimits,
  key_budget: keyBudget,
  owner_budget: ownerBudget,
}: {
  readonly key_limits: NamedLimits;
  readonly owner_limits: NamedLimits;
  readonly key_budget: NamedBudget | undefined;
  readonly owner_budget: NamedBudget | undefined;
}): DefaultLimits {
  return { key: limitedOf(keyLimits, keyBudget), owner: limitedOf(ownerLimits, ownerBudget) };
}

/** Gives the limits and the budget of an entry as the core has them. */
export function limitedOf(named: NamedLimits, given: NamedBudget | undefined): Limited {
  return { limits: limitsOf(named), budget: given === undefined ? null : budgetOf(given) };
}
