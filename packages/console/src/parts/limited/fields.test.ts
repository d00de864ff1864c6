import { expect, test } from 'vitest';
import { limitedChange, toLimitedFields } from './fields.ts';

const none = toLimitedFields({ limits: {}, budget: null });
const some = toLimitedFields({
  limits: { running: 2, reserved_micro_usd: 1_500_000, waiting: 0 },
  budget: { period: 'day', amount_micro_usd: 1, time_zone: 'Europe/Berlin' },
});

test('money stands in dollars, other limits as they are, and what is not limited is empty', () => {
  expect(some).toMatchObject({
    limits: { running: '2', reserved_micro_usd: '1.5', waiting: '0', stored_bytes: '' },
    amount: '0.000001',
    period: 'day',
    timeZone: 'Europe/Berlin',
  });
});

test('a change has only what was changed, and null for what was emptied', () => {
  expect(limitedChange(some, some)).toEqual({});
  const fewer = { ...some, limits: { ...some.limits, running: '', stored_bytes: '5' }, amount: '' };
  expect(limitedChange(fewer, some)).toEqual({ limits: { running: null, stored_bytes: 5 }, budget: null });
});

test('dollars are sent in millionths without an error of rounding', () => {
  const given = { ...none, amount: '19.99', timeZone: ' Asia/Shanghai ' };
  expect(limitedChange({ ...given, limits: { ...none.limits, reserved_micro_usd: '0.29' } }, none)).toEqual({
    limits: { reserved_micro_usd: 290_000 },
    budget: { period: 'month', amount_micro_usd: 19_990_000, time_zone: 'Asia/Shanghai' },
  });
});

test('a period without a sum is no budget', () => {
  expect(limitedChange({ ...none, period: 'total' }, none)).toEqual({});
});
