// Finds what is to be told of budgets and keys. Pure.

import type { BudgetThresholdData, KeyExpiringData } from '@plantain/client';
import type { ApiKey } from '../keys/key-store.ts';
import { ownerIdOf } from '../keys/keys.ts';
import { periodAt } from '../ledger/periods.ts';
import type { Budget } from '../limits/limits.ts';
import type { DefaultLimits } from '../limits/subjects.ts';
import { dayMs } from '../../lib/time/days.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import type { Alert, SubjectBalance } from './alerts.ts';

/** Shares of a budget's amount, in percent, from which on its use is told. At 100 submits are refused. */
const thresholds = [50, 80, 100] as const;
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
  const event = 'budget.threshold';
  const reached = thresholds
    .filter((percent) => used * 100 >= percent * budget.amountMicroUsd)
    .map((percent) => ({ percent, occasion: `${interval.startsAt}-${interval.endsAt} ${percent}` }))
    .filter(({ occasion }) => !isTold(nameOf({ event, subjectId, occasion })));
  if (reached.length === 0) return [];
  // The balance may be of another interval, such as that of a limit of pictures. This takes some time, so it comes last.
  const { startsAt, endsAt } = periodAt(at, budget);
  if (startsAt !== interval.startsAt || endsAt !== interval.endsAt) return [];
  return reached.map(({ percent, occasion }) => {
    const data = JSON.stringify(thresholdData(balance, budget, percent));
    return { event, subjectId, ownerId, occasion, at, endsAt, data };
  });
}

function budgetOf({ kind, subjectId, ownerId, budget }: SubjectBalance, { key, owner }: DefaultLimits) {
  if (budget !== null) return budget;
  if (kind === 'owner') return owner.budget;
  return key.budget ?? (ownerId === subjectId ? owner.budget : null);
}

function thresholdData(
  { kind, subjectId, name, interval, spent, reserved }: SubjectBalance,
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
