import { expect, test } from 'vitest';
import {
  saysAccountClosed,
  saysModelForbidden,
  saysModelUnknown,
  saysNoCredit,
  saysPerDay,
} from './account-words.ts';

test.each([
  'Insufficient balance',
  'insufficient_user_quota',
  'Your credits are not enough',
  'User is locked. Reason: Exhausted balance.',
  'Your project has exceeded its monthly spending cap.',
  '账户余额不足',
  '该令牌额度已用尽',
  'Budget has been exceeded! Current cost: 10.1, Max budget: 10.0',
  'budget_exceeded',
  "Your newly created team doesn't have any credits or licenses yet.",
  'The free tier of the model has been exhausted.',
  'Sub-key usage exceeds limit',
  '积分不足，请充值',
])('%j says that there is no credit', (words) => {
  expect(saysNoCredit(words)).toBe(true);
});

test.each([
  'You exceeded your current quota, please check your plan and billing details.',
  'Resource has been exhausted (e.g. check quota).',
  'Rate limit reached. You have less than $5.0 in credit.',
  'Request was throttled.',
  'No credits were used.',
  'Users of the free tier wait longer.',
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

test.each([
  ['Model does not exist. Please check it carefully.', true],
  ['The model `gpt-image-9` does not exist or you do not have access to it.', true],
  ['model "sdxl" not found', true],
  ['Unknown model: sdxl', true],
  ['模型不存在，请检查模型代码。', true],
  ['The model does not support the size 512x512.', false],
  ['The model is not available at the moment.', false],
  ['The file that the model needs was not found', false],
])('%j says that there is no such model: %j', (words, unknown) => {
  expect(saysModelUnknown(words)).toBe(unknown);
});

test.each([
  ['Your account has been blocked due to violation of our terms of service.', true],
  ['Your access was terminated due to violation of our policies.', true],
  ['This organization has been disabled.', true],
  ['用户已被封禁', true],
  ['The user prompt was blocked by our safety system.', false],
  ['Your request was blocked. The account is fine.', false],
])('%j says that the account is closed: %j', (words, closed) => {
  expect(saysAccountClosed(words)).toBe(closed);
});
