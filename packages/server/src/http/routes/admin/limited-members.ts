// Members of bodies for limits and budgets of owners and keys. `null` takes away what is set.

import * as z from 'zod';
import type { LimitedChange } from '../../../core/limits/change-limited.ts';
import {
  budgetOf,
  changedLimitsOf,
  type LimitName,
  type NamedBudget,
  type NamedLimits,
} from '../../../core/limits/limit-names.ts';
import { budgetPeriods } from '../../../core/limits/limits.ts';
import { wholeNumber } from '../../route/number-members.ts';
import { isTimeZone } from '../../../lib/time/time-zone.ts';

const most = Number.MAX_SAFE_INTEGER;
const limit = (description: string) =>
  wholeNumber('must be a whole number of at least 0, or null for none', { min: 0, max: most })
    .nullable()
    .exactOptional()
    .meta({ description });

const limits = z.strictObject(
  {
    submits_per_minute: limit('Submits in a minute'),
    queries_per_minute: limit('Other calls in a minute'),
    running: limit('Tasks that run at once'),
    waiting: limit('Tasks that wait at once'),
    pictures_per_day: limit('Pictures asked for in a day'),
    stored_bytes: limit('Bytes of stored pictures'),
    reserved_micro_usd: limit('Sum reserved at once for tasks that have not ended, in micro-dollars'),
  } satisfies Record<LimitName, z.ZodType>,
  'must be an object of limits, or null for none',
);

const zoneFault = 'must be a time zone such as Europe/Berlin';
const budget = z.strictObject(
  {
    period: z.enum(budgetPeriods, 'must be day, month or total').meta({
      description: 'How long the sum lasts; total is never renewed',
    }),
    amount_micro_usd: wholeNumber('must be a whole number of micro-dollars, at least 0', {
      min: 0,
      max: most,
    }).meta({ description: 'Sum that may be spent in each period, in micro-dollars' }),
    time_zone: z
      .string(zoneFault)
      .refine(isTimeZone, zoneFault)
      .exactOptional()
      .meta({ description: 'Time zone in which a day or a month begins', default: 'UTC' }),
  },
  'must be an object with period and amount_micro_usd, or null for none',
);

export const limitedMembers = {
  limits: limits.nullable().meta({
    description:
      'Limits that change, by their names; null for one takes it away, and null for all takes all away',
    examples: [{ running: 2, submits_per_minute: 60 }],
  }),
  budget: budget.nullable().meta({
    description: 'Sum that may be spent; null for none',
    examples: [{ period: 'month', amount_micro_usd: 5_000_000, time_zone: 'Europe/Berlin' }],
  }),
};

/** Limits and budget that a body names. */
export interface GivenLimited {
  limits?: NamedLimits | null | undefined;
  budget?: NamedBudget | null | undefined;
}

/** Gives the change that a body asks for; `null` where it says nothing of limits and budgets. */
export function limitedChangeOf({ limits: named, budget: given }: GivenLimited): LimitedChange | null {
  if (named === undefined && given === undefined) return null;
  return {
    ...(named === undefined ? {} : { limits: named && changedLimitsOf(named) }),
    ...(given === undefined ? {} : { budget: given && budgetOf(given) }),
  };
}
