// Finds what is to be told of budgets and keys. Pure.

import type { BudgetThresholdData, KeyExpiringData } from '@plantain/client';
import type { ApiKey } from '../keys/key-store.ts';
import { ownerIdOf } from '../keys/keys.ts';
import { type Interval, periodAt } from '../ledger/periods.ts';
import type { Refusal } from '../limits/judge-submit.ts';
import type { Budget } from '../limits/limits.ts';
import type { DefaultLimits } from '../limits/subjects.ts';
import { dayMs } from '../../lib/time/days.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import type { Alert, SubjectBalance } from './alerts.ts';

/** Shares of a budget's amount, in percent, from which on its use is told. */
const thresholds = [50, 80, 100] as const;
const thresholdEvent = 'budget.threshold';
/** Days before its expiry on which a key is told. */
const warnedDays = [1, 7] as const;

/** How long before its expiry a key is told first. */
export const warnedMs = 7 * dayMs;

/** Name by which an alert is told from others. */
export function nameOf({
  event,
  subjectId,
  occasion,
}: Pick<Alert, 'event' | 'subjectId' | 'occasion'>): string {
  return `${event} ${subjectId} ${occasion}`;
}

/** Finds the shares of its budget that a subject has used, of those that `isTold` does not know. */
export function budgetAlerts(
  balance: SubjectBalance,
  { at, defaults, isTold }: { at: number; defaults: DefaultLimits; isTold: (name: string) => boolean },
): Alert[] {
  const { subjectId, ownerId, interval, spent, reserved } = balance;
  const budget = budgetOf(balance, defaults);
  if (budget === null) return [];
  const used = spent + reserved;
  const reached = thresholds
    .filter((percent) => used * 100 >= percent * budget.amountMicroUsd)
    .map((percent) => ({ percent, occasion: occasionOf(interval, percent) }))
    .filter(({ occasion }) => !isTold(nameOf({ event: thresholdEvent, subjectId, occasion })));
  if (reached.length === 0) return [];
  // The balance may be of another interval, such as that of a limit of pictures. This takes some time, so it comes last.
  const { startsAt, endsAt } = periodAt(at, budget);
  if (startsAt !== interval.startsAt || endsAt !== interval.endsAt) return [];
  return reached.map(({ percent, occasion }) => {
    const data = JSON.stringify(thresholdData(balance, budget, percent));
    return { event: thresholdEvent, subjectId, ownerId, occasion, at, endsAt, data };
  });
}

const occasionOf = ({ startsAt, endsAt }: Interval, percent: number) => `${startsAt}-${endsAt} ${percent}`;

/**
 * Finds what is to be told of a budget that refuses even one task, although its amount is not reached: that all of it is used, as what is left
 * is below the price. A budget of which nothing is used is too small, and not used up.
 */
export function exhaustionAlert(
  { of, budget, fits, spentMicroUsd: spent, reservedMicroUsd: reserved }: BudgetRefusal,
  { at, name, ownerId }: { at: number; name: string; ownerId: string },
): Alert | null {
  if (fits > 0 || spent + reserved <= 0) return null;
  const { kind, id: subjectId } = of;
  const interval = periodAt(at, budget);
  const data = JSON.stringify(
    thresholdData({ kind, subjectId, name, interval, spent, reserved }, budget, 100),
  );
  return {
    event: thresholdEvent,
    subjectId,
    ownerId,
    occasion: occasionOf(interval, 100),
    at,
    endsAt: interval.endsAt,
    data,
  };
}

type BudgetRefusal = Extract<Refusal, { limit: 'budget' }>;

function budgetOf({ kind, subjectId, ownerId, budget }: SubjectBalance, { key, owner }: DefaultLimits) {
  if (budget !== null) return budget;
  if (kind === 'owner') return owner.budget;
  return key.budget ?? (ownerId === subjectId ? owner.budget : null);
}

function thresholdData(
  {
    kind,
    subjectId,
    name,
    interval,
    spent,
    reserved,
  }: Pick<SubjectBalance, 'kind' | 'subjectId' | 'name' | 'interval' | 'spent' | 'reserved'>,
  { period, timeZone, amountMicroUsd }: Budget,
  percent: number,
): BudgetThresholdData {
  return {
    of: kind,
    id: subjectId,
    name,
    threshold_percent: percent,
    period,
    time_zone: timeZone,
    limit_micro_usd: amountMicroUsd,
    spent_micro_usd: spent,
    reserved_micro_usd: reserved,
    left_micro_usd: amountMicroUsd - spent - reserved,
    resets_at: period === 'total' ? null : secondsText(interval.endsAt),
  };
}

/** Finds what is to be told of a key that expires: the nearest of the days before, unless it was made after that. */
export function expiryAlerts(key: ApiKey, at: number): Alert[] {
  const { id, name, hint, expiresAt, createdAt } = key;
  if (expiresAt === null || expiresAt <= at) return [];
  const days = warnedDays.find((each) => expiresAt - at <= each * dayMs);
  if (days === undefined || expiresAt - days * dayMs < createdAt) return [];
  const data: KeyExpiringData = { key_id: id, name, hint, expires_at: secondsText(expiresAt) };
  return [
    {
      event: 'key.expiring',
      subjectId: id,
      ownerId: ownerIdOf(key),
      occasion: `${expiresAt} ${days}`,
      at,
      endsAt: expiresAt,
      data: JSON.stringify(data),
    },
  ];
}
