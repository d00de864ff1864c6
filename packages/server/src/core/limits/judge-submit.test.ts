import { expect, test } from 'vitest';
import { allTime } from '../ledger/periods.ts';
import { judgeSubmit, type Standing } from './judge-submit.ts';
import type { Budget, Limits } from './limits.ts';
import { submitRefused } from './refuse-submit.ts';

const hourMs = 3_600_000;
const today = { startsAt: 0, endsAt: 24 * hourMs };

/** Subject with nothing used. */
function standing(
  kind: Standing['kind'],
  { budget, limits = {}, ...used }: { budget?: Budget; limits?: Limits } & Partial<Standing>,
): Standing {
  const period = budget?.period === 'total' ? allTime : today;
  return {
    kind,
    id: kind,
    limited: { budget: budget ?? null, limits },
    period: budget === undefined ? null : period,
    spent: 0,
    reserved: 0,
    reservedInAll: 0,
    waiting: 0,
    picturesToday: 0,
    day: today,
    ...used,
  };
}
const daily = (amountMicroUsd: number): Budget => ({ period: 'day', amountMicroUsd, timeZone: 'UTC' });
const inTotal = (amountMicroUsd: number): Budget => ({ ...daily(amountMicroUsd), period: 'total' });

/** Refusal of tasks of 40 micro-dollars, an hour after the day began. */
function refusalOf(tasks: number, ...standings: Standing[]) {
  const price = { estimatedMicroUsd: 40, unitMicroUsd: null };
  const asked = Array.from({ length: tasks }, () => ({ model: 'm', price }));
  const refusal = judgeSubmit(asked, standings, { unpriced: 'refuse' });
  if (refusal === null) return null;
  const { message, retryAfterSeconds, details } = submitRefused(refusal, hourMs);
  return { message, retryAfterSeconds, detail: details?.[0] };
}

test('a task that the rest of a budget refuses is told to come again when that begins anew', () => {
  const refusal = refusalOf(1, standing('key', { budget: daily(100), spent: 80 }));
  expect(refusal).toMatchObject({ retryAfterSeconds: 23 * 3_600, detail: { resets_at: '86400', fits: 0 } });
  expect(refusal?.message).toContain('It begins anew at 1970-01-02T00:00:00.000Z.');
});

test.each([
  ['a task that costs more than a whole budget', 1, 'so this task is never accepted.', { budget: daily(30) }],
  [
    'a batch that costs more than a whole budget',
    3,
    'so these 3 tasks are never accepted together.',
    { budget: daily(100) },
  ],
  [
    'more pictures than there may be in a day',
    3,
    'so these 3 tasks are never accepted together.',
    { limits: { picturesPerDay: 2 } },
  ],
])('%s is never told to wait, as no wait makes room for it', (_, tasks, words, limited) => {
  const refusal = refusalOf(tasks, standing('owner', limited));
  expect(refusal).toMatchObject({ retryAfterSeconds: undefined });
  expect(refusal?.message).toContain(words);
});

test('a batch that is more than a whole budget is told how many of it would fit', () => {
  const refusal = refusalOf(3, standing('key', { budget: daily(100) }));
  expect(refusal).toMatchObject({ detail: { limit: 'budget', fits: 2 } });
  expect(refusal?.message).toMatch(/The first 2 of them would fit\.$/);
});

test.each<[string, Standing[], Record<string, unknown>]>([
  [
    'a budget that never begins anew before one that does',
    [
      standing('owner', { budget: daily(100), spent: 80 }),
      standing('key', { budget: inTotal(100), spent: 70 }),
    ],
    { of: 'key', period: 'total' },
  ],
  [
    'a budget before a limit that passes sooner',
    [
      standing('owner', { limits: { waiting: 1 }, waiting: 1 }),
      standing('key', { budget: daily(100), spent: 70 }),
    ],
    { of: 'key', limit: 'budget' },
  ],
  [
    'of two that pass at once the owner’s',
    [
      standing('owner', { budget: daily(100), spent: 80 }),
      standing('key', { budget: daily(100), spent: 80 }),
    ],
    { of: 'owner' },
  ],
])('of several refusals the one that lasts longest is told: %s', (_, standings, detail) => {
  expect(refusalOf(1, ...standings)).toMatchObject({ detail });
});

test('one task, or one picture, is said in words of one', () => {
  const messageOf = (of: Parameters<typeof standing>[1]) => refusalOf(1, standing('key', of))?.message;
  expect(messageOf({ limits: { waiting: 1 }, waiting: 1 })).toContain(
    'At most 1 task of the key key may wait at once, and 1 does.',
  );
  expect(messageOf({ limits: { picturesPerDay: 1 }, picturesToday: 1 })).toContain(
    'At most 1 picture a day is made for the key key, and 1 was asked for.',
  );
});

test('a budget that never begins anew says who can raise it', () => {
  const messageOf = (of: Parameters<typeof standing>[1]) => refusalOf(1, standing('key', of))?.message;
  expect(messageOf({ budget: inTotal(100), spent: 80 })).toContain(
    'The operator of this server can raise it.',
  );
  expect(messageOf({ budget: daily(100), spent: 80 })).not.toContain('can raise');
});

test('a limit of what is reserved says how much of it is used, as every limit does', () => {
  const limits = { reservedMicroUsd: 100 };
  const refusal = refusalOf(1, standing('key', { limits, reservedInAll: 80 }));
  expect(refusal).toMatchObject({ detail: { limit: 'reserved_micro_usd', max: 100, used: 80 } });
});

test.each([
  ['what waits', { limits: { waiting: 1 }, waiting: 1 }],
  ['what is reserved', { limits: { reservedMicroUsd: 100 }, reservedInAll: 80 }],
])('a limit of %s is worth asking again soon, though nobody knows when tasks make room', (_, given) => {
  const refusal = refusalOf(1, standing('key', given));
  expect(refusal).toMatchObject({ retryAfterSeconds: 2 });
  expect(refusal?.detail).not.toHaveProperty('resets_at');
  const never = refusalOf(1, standing('key', { limits: { waiting: 0, reservedMicroUsd: 39 } }));
  expect(never?.retryAfterSeconds).toBeUndefined();
});
