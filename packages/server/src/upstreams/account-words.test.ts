import { expect, test } from 'vitest';
import { saysModelForbidden, saysNoCredit, saysPerDay } from './account-words.ts';

test.each([
  'Insufficient balance',
  'insufficient_user_quota',
  'Your credits are not enough',
  'User is locked. Reason: Exhausted balance.',
  'Your project has exceeded its monthly spending cap.',
  '账户余额不足',
  '该令牌额度已用尽',
])('%j says that there is no credit', (words) => {
  expect(saysNoCredit(words)).toBe(true);
});

test.each([
  'You exceeded your current quota, please check your plan and billing details.',
  'Resource has been exhausted (e.g. check quota).',
  'Rate limit reached. You have less than $5.0 in credit.',
  'Request was throttled.',
])('%j does not', (words) => {
  expect(saysNoCredit(words)).toBe(false);
});

test('limits of a day and models that an account may not use are told apart', () => {
  expect(saysPerDay('Limit: 50 images per day')).toBe(true);
  expect(saysPerDay('今日免费额度已用完')).toBe(true);
  expect(saysPerDay('Limit: 5 images per minute')).toBe(false);
  expect(saysModelForbidden('Your organization must be verified to use the model `gpt-image-2`.')).toBe(true);
  expect(saysModelForbidden('该令牌无权访问模型 nano-banana')).toBe(true);
  expect(saysModelForbidden('The model is not known.')).toBe(false);
});
