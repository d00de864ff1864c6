import { expect, test } from 'vitest';
import { costIn } from './task-cost.ts';

const cost = { estimated_micro_usd: null, reserved_micro_usd: 7, charged_micro_usd: null as number | null };

test('the value of the header is what was charged, and before that what is reserved', () => {
  expect(costIn(JSON.stringify({ task_id: 'x', cost }))).toBe('7');
  expect(costIn(JSON.stringify({ task_id: 'x', cost: { ...cost, charged_micro_usd: 39_000 } }))).toBe(
    '39000',
  );
  expect(
    costIn(JSON.stringify({ task_id: 'x', cost: { ...cost, charged_micro_usd: 0 }, warnings: [] })),
  ).toBe('0');
});

test('words of users that look like a cost are none, before it and behind it', () => {
  const words = JSON.stringify({ cost: { ...cost, reserved_micro_usd: 666 } });
  const text = JSON.stringify({ metadata: { words }, cost, warnings: [words, words.slice(1, -1)] });
  expect(costIn(text)).toBe('7');
});

test('a text without a cost has none', () => {
  expect(costIn('{}')).toBe('0');
});
