import { expect, test } from 'vitest';
import { asCharged, saidOfCharging } from './charging.ts';

test.each<[string, boolean | undefined]>([
  ['Unable to show the picture. You will not be charged for this request.', false],
  ["You won't be charged for this request.", false],
  ['You have not been charged.', false],
  ['This request was not billed.', false],
  ['No credits were deducted.', false],
  ['No credits have been consumed for this request.', false],
  ['There is no charge for this request.', false],
  ['Failed requests are free of charge.', false],
  ['You are only charged for successful pictures.', false],
  ['The credits were refunded.', false],
  ['Failed. Credits have been returned to your account.', false],
  ['Failed, refund issued.', false],
  ['No credits were used.', false],
  ['The option is not used.', undefined],
  ['The credits will not be refunded.', true],
  ['Failed generations are non-refundable.', true],
  ['生成失败，已自动退款', false],
  ['生成失败，积分已返还', false],
  ['生成失败，积分不予退还', true],
  ['任务失败，不会扣费', false],
  ['任务失败，积分已退还', false],
  ['You will be charged for this request.', true],
  ['You will still be charged.', true],
  ['This request has been billed.', true],
  ['10 credits were deducted from your account.', true],
  ['审核未通过，仍会扣费', true],
  ['The service charge is unknown.', undefined],
  ['Who is in charge?', undefined],
  ['The prompt is not allowed.', undefined],
  ['', undefined],
])('%j says of charging: %j', (words, charged) => {
  expect(saidOfCharging(words, [])).toBe(charged);
});

test('the prompt says nothing of charging', () => {
  const prompt = 'A sign: you will not be charged for parking';
  expect(saidOfCharging(`The prompt was refused: ${prompt}`, [prompt])).toBeUndefined();
});

test('a failure is as its words have it', () => {
  const billed = {
    type: 'upstream_unavailable',
    message: 'No.',
    retryable: true,
    maybeBilled: true,
  } as const;
  const unknown = { ...billed, unknownOutcome: true };
  const { maybeBilled: _, ...free } = billed;
  expect(asCharged(unknown, 'You will not be charged.', [])).toEqual(free);
  expect(asCharged(free, 'You will be charged.', [])).toEqual(billed);
  expect(asCharged(unknown, 'No.', [])).toBe(unknown);
});
