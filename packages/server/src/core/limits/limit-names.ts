// Names that limits and budgets have outside: in requests, answers and settings.

import type { LimitName } from '@plantain/client';
import type { Budget, Limits } from './limits.ts';

export const limitNames = {
  submitsPerMinute: 'submits_per_minute',
  queriesPerMinute: 'queries_per_minute',
  running: 'running',
  waiting: 'waiting',
  picturesPerDay: 'pictures_per_day',
  storedBytes: 'stored_bytes',
  reservedMicroUsd: 'reserved_micro_usd',
} as const satisfies Record<keyof Limits, LimitName>;

const members = Object.entries(limitNames) as [keyof Limits, LimitName][];

export type { LimitName };

/** Limits as they are written outside; `null` stands for a limit that there is not. */
export type NamedLimits = { [Name in LimitName]?: number | null | undefined };

export interface NamedBudget {
  period: Budget['period'];
  amount_micro_usd: number;
  /** Default: `UTC`. */
  time_zone?: string | undefined;
}

/** Gives limits that change, of which `null` takes one away. */
export function changedLimitsOf(named: NamedLimits): { [Name in keyof Limits]?: number | null } {
  return Object.fromEntries(
    members.flatMap(([member, name]) => (named[name] === undefined ? [] : [[member, named[name]]])),
  );
}

export function limitsOf(named: NamedLimits): Limits {
  const limits: Limits = {};
  for (const [member, name] of members) {
    const value = named[name];
    if (value !== undefined && value !== null) limits[member] = value;
  }
  return limits;
}

/** Gives limits by their names outside. */
export function limitMembers(limits: Limits): { [Name in LimitName]?: number } {
  return Object.fromEntries(
    members.flatMap(([member, name]) => (limits[member] === undefined ? [] : [[name, limits[member]]])),
  );
}

export function budgetMembers({
  period,
  amountMicroUsd,
  timeZone,
}: Budget): NamedBudget & { time_zone: string } {
  return { period, amount_micro_usd: amountMicroUsd, time_zone: timeZone };
}

export function budgetOf({ period, amount_micro_usd, time_zone = 'UTC' }: NamedBudget): Budget {
  return { period, amountMicroUsd: amount_micro_usd, timeZone: time_zone };
}
