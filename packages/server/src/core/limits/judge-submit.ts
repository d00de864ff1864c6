// The gate: whether tasks are accepted under the budgets and limits of their key and its owner. Pure, so that each store judges in the
// transaction that inserts, by what that transaction reads.

import type { Balance } from '../ledger/balance.ts';
import type { AgreedPrice } from '../ledger/money.ts';
import { allTime, dayAt, type Interval, periodAt } from '../ledger/periods.ts';
import type { Budget, Limited, SubjectKind } from './limits.ts';
import { isLimiting, nothingLimited, withDefaults } from './subjects.ts';

/** Owner or key whose budget and limits hold for a task. */
export interface Subject {
  kind: SubjectKind;
  id: string;
  /** True for a key that is its own owner: it has the defaults of owners where keys have none. */
  isAlone?: true;
}

/** Limits of subjects that have none of their own. */
export type StandingDefaults = Readonly<Partial<Record<SubjectKind, Limited>>>;

export interface Gate {
  /** Whether tasks without a known price are accepted under a budget. */
  unpriced: 'refuse' | 'allow';
  defaults?: StandingDefaults;
}

/** Budget and limits of a subject, and how much of them is used. A sum or a count that is not limited may be 0. */
export interface Standing extends Subject {
  limited: Limited;
  /** Period of the budget; `null` without one. */
  period: Interval | null;
  /** Sums of the period, micro-dollars. */
  spent: number;
  reserved: number;
  /** Sum reserved for all tasks that have not been settled, whatever their period. */
  reservedInAll: number;
  /** Pending tasks. */
  waiting: number;
  picturesToday: number;
  /** Day of `picturesToday`. */
  day: Interval;
}

/** Task that is asked for. */
export interface AskedTask {
  model: string;
  /** Number of its pictures; default: 1. */
  pictures?: number;
  price?: AgreedPrice;
}

interface RefusalOf<Limit extends string> {
  of: Subject;
  limit: Limit;
  /** Number of the tasks that were asked for. */
  asked: number;
  /** How many of them, from the first on, would be accepted now. */
  fits: number;
  /** True where not even all of the limit has room for them, so that they are refused however long they wait. */
  isNever: boolean;
}

export type Refusal =
  /** The price of the model is not known, and the subject has a budget. */
  | (Omit<RefusalOf<'unpriced'>, 'isNever'> & { model: string })
  | (RefusalOf<'budget'> & {
      budget: Budget;
      spentMicroUsd: number;
      reservedMicroUsd: number;
      /** Sum that all asked tasks would reserve. */
      costMicroUsd: number;
      /** Unix milliseconds; `null` for a budget that never begins anew. */
      resetsAt: number | null;
    })
  | (RefusalOf<'reserved_micro_usd'> & { max: number; reservedMicroUsd: number; costMicroUsd: number })
  | (RefusalOf<'pictures_per_day'> & { max: number; used: number; resetsAt: number })
  | (RefusalOf<'waiting'> & { max: number; used: number });

/** Subjects of a key's tasks: its owner, then the key; one where the key is its own owner. */
export function subjectsOf({ keyId, ownerId }: { keyId: string; ownerId: string }): Subject[] {
  const key = { kind: 'key', id: keyId } as const;
  return ownerId === keyId ? [{ ...key, isAlone: true }] : [{ kind: 'owner', id: ownerId }, key];
}

/** Limits of a subject: each its own where it has one, else the default. `null` where nothing is limited. */
export function limitedOf(
  { kind, isAlone }: Subject,
  own: Limited | null,
  { key = nothingLimited, owner = nothingLimited }: StandingDefaults = {},
): Limited | null {
  const usual = kind === 'owner' ? owner : isAlone === true ? withDefaults(key, owner) : key;
  const limited = withDefaults(own ?? nothingLimited, usual);
  return isLimiting(limited) ? limited : null;
}

/** Intervals whose balances say how a subject stands. */
export interface StandingIntervals {
  period: Interval | null;
  day: Interval;
  /** Intervals whose balance is needed: of the period, of the day, of all time. */
  needed: { period: Interval | null; day: Interval | null; allTime: Interval | null };
}

export function intervalsOf({ budget, limits }: Limited, at: number): StandingIntervals {
  const period = budget === null ? null : periodAt(at, budget);
  const day = dayAt(at, budget);
  const needed = {
    period,
    day: limits.picturesPerDay === undefined ? null : day,
    allTime: limits.reservedMicroUsd === undefined ? null : allTime,
  };
  return { period, day, needed };
}

/** How a subject stands at `at`, by the balances that `balanceOf` finds. */
export function standingAt(
  { kind, id }: Subject,
  limited: Limited,
  { at, waiting, balanceOf }: { at: number; waiting: number; balanceOf: (interval: Interval) => Balance },
): Standing {
  const { period, day, needed } = intervalsOf(limited, at);
  const ofPeriod = needed.period === null ? nothing : balanceOf(needed.period);
  return {
    kind,
    id,
    limited,
    period,
    spent: ofPeriod.spent,
    reserved: ofPeriod.reserved,
    reservedInAll: needed.allTime === null ? 0 : balanceOf(needed.allTime).reserved,
    waiting,
    picturesToday: needed.day === null ? 0 : balanceOf(needed.day).pictures,
    day,
  };
}

const nothing: Balance = { reserved: 0, spent: 0, pictures: 0 };

/**
 * Judges tasks of one key, all or none. `null`: they are accepted. Of several refusals it is the one that lasts longest, so that nobody
 * waits for one and meets another; of two that last as long, the first subject's first.
 */
export function judgeSubmit(
  asked: readonly AskedTask[],
  standings: readonly Standing[],
  { unpriced }: Gate,
): Refusal | null {
  const costs = asked.map(({ price }) => price?.estimatedMicroUsd ?? null);
  const checks = standings.flatMap((standing) => [
    ...(unpriced === 'allow' ? [] : checkPrices(asked, standing)),
    ...checkSums(costs, standing),
    ...checkCounts(asked, standing),
  ]);
  const refusing = checks.filter(({ fits }) => fits < asked.length);
  const longest = Math.max(...refusing.map(lastsUntil));
  const first = refusing.find((check) => lastsUntil(check) === longest);
  if (first === undefined) return null;
  const fits = Math.max(0, Math.min(...checks.map((check) => check.fits)));
  return { ...first, asked: asked.length, fits };
}

type WithoutAsked<Each> = Each extends unknown ? Omit<Each, 'asked'> : never;
type Check = WithoutAsked<Refusal>;

/** Unix milliseconds until which it refuses: `Infinity` where it never passes by itself, 0 where nobody knows when it does. */
function lastsUntil(check: Check): number {
  if (check.limit === 'unpriced' || check.isNever) return Infinity;
  return 'resetsAt' in check ? (check.resetsAt ?? Infinity) : 0;
}

function checkPrices(asked: readonly AskedTask[], { kind, id, limited }: Standing): Check[] {
  if (limited.budget === null && limited.limits.reservedMicroUsd === undefined) return [];
  const fits = asked.findIndex(({ price }) => (price?.estimatedMicroUsd ?? null) === null);
  const { model } = asked[fits] ?? {};
  return model === undefined ? [] : [{ of: { kind, id }, limit: 'unpriced', fits, model }];
}

function checkSums(costs: readonly (number | null)[], standing: Standing): Check[] {
  const { kind, id, limited, period, spent, reserved, reservedInAll } = standing;
  const { budget, limits } = limited;
  const of = { kind, id };
  const costMicroUsd = costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
  const checks: Check[] = [];
  if (budget !== null)
    checks.push({
      of,
      limit: 'budget',
      fits: fitting(costs, budget.amountMicroUsd - spent - reserved),
      budget,
      spentMicroUsd: spent,
      reservedMicroUsd: reserved,
      costMicroUsd,
      isNever: fitting(costs, budget.amountMicroUsd) < costs.length,
      resetsAt: budget.period === 'total' || period === null ? null : period.endsAt,
    });
  const max = limits.reservedMicroUsd;
  if (max !== undefined)
    checks.push({
      of,
      limit: 'reserved_micro_usd',
      fits: fitting(costs, max - reservedInAll),
      max,
      reservedMicroUsd: reservedInAll,
      costMicroUsd,
      isNever: fitting(costs, max) < costs.length,
    });
  return checks;
}

/** How many tasks fit into what is left, from the first on. One that is free always fits, one of unknown cost where anything is left. */
function fitting(costs: readonly (number | null)[], left: number): number {
  let sum = 0;
  const index = costs.findIndex((cost) => {
    sum += cost ?? 0;
    return cost !== 0 && (cost === null ? sum >= left : sum > left);
  });
  return index === -1 ? costs.length : index;
}

export const picturesOf = ({ pictures = 1 }: Pick<AskedTask, 'pictures'>): number => pictures;

function checkCounts(
  asked: readonly AskedTask[],
  { kind, id, limited: { limits }, waiting, picturesToday, day }: Standing,
): Check[] {
  const of = { kind, id };
  const { picturesPerDay, waiting: maxWaiting } = limits;
  const pictures = asked.map(picturesOf);
  const checks: Check[] = [];
  if (picturesPerDay !== undefined)
    checks.push({
      of,
      limit: 'pictures_per_day',
      fits: fitting(pictures, picturesPerDay - picturesToday),
      max: picturesPerDay,
      used: picturesToday,
      isNever: picturesPerDay < pictures.reduce((sum, each) => sum + each, 0),
      resetsAt: day.endsAt,
    });
  if (maxWaiting !== undefined)
    checks.push({
      of,
      limit: 'waiting',
      fits: maxWaiting - waiting,
      max: maxWaiting,
      used: waiting,
      isNever: maxWaiting < asked.length,
    });
  return checks;
}
