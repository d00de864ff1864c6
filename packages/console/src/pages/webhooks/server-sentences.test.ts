import { expect, test } from 'vitest';
import { inChinese } from './server-sentences.ts';

test('a known sentence is said in Chinese, with what the server put into it', () => {
  expect(inChinese('Its owner switched it off.')).toBe('由所有者停用。');
  expect(inChinese('The receiver answered 503.')).toBe('接收方返回了 503。');
  expect(inChinese('There is no host named hooks.example.com.')).toBe('主机 hooks.example.com 不存在。');
});

test('a sentence within a sentence is said too', () => {
  const last = 'No delivery has succeeded for 120 hours. The last one: The receiver answered 500.';
  expect(inChinese(`The endpoint was switched off. ${last}`)).toBe(
    '端点已停用。连续 120 小时没有一次投递成功。最近一次：接收方返回了 500。',
  );
});

test('a sentence that is not known, or has one in it that is not, is left as it is', () => {
  expect(inChinese('The moon is full.')).toBeUndefined();
  expect(inChinese('The receiver answered 503. And more.')).toBeUndefined();
  expect(inChinese('The endpoint was switched off. The moon is full.')).toBeUndefined();
});
