import { expect, test } from 'vitest';
import { createFormat } from '../format/format.ts';
import { sayIn, type Say } from '../../words/words.ts';
import { budgetTexts, limitTexts } from './limited-text.tsx';
import { limitedWords } from './words.ts';

const format = { ...createFormat('en'), time: (seconds: string | number) => `at ${seconds}` };
const say: Say<keyof typeof limitedWords.en> = (key, values) => sayIn(limitedWords.en, key, values);

test('a budget says what is spent, reserved and left of it, and when it begins anew', () => {
  const budget = { period: 'month', amount_micro_usd: 5_000_000, time_zone: 'Europe/Berlin' } as const;
  const counted = { spent_micro_usd: 1_234_500, reserved_micro_usd: 4_000_000, left_micro_usd: -234_500 };
  expect(budgetTexts({ ...budget, ...counted, resets_at: '1796083200' }, say, format)).toEqual([
    '$5.00 a month (Europe/Berlin)',
    '$1.2345 spent',
    '$4.00 reserved',
    '-$0.2345 left',
    'begins anew at 1796083200',
  ]);
});

test('a budget that is never renewed has no zone, and one that nobody counts only its sum', () => {
  const budget = { period: 'total', amount_micro_usd: 1, time_zone: 'UTC', resets_at: null } as const;
  expect(budgetTexts(budget, say, format)).toEqual(['$0.000001 in total']);
});

test('limits say how much is used where that is counted', () => {
  const limits = { running: 2, waiting: 1_000, reserved_micro_usd: 500_000 };
  expect(limitTexts({ limits, used: { waiting: 3 } }, say, format)).toEqual([
    'Tasks running at once: 2',
    'Tasks waiting at once: 3 of 1,000',
    'Dollars reserved at once: $0.50',
  ]);
});

test('of limits in force it says which are defaults of the settings', () => {
  const texts = limitTexts({ limits: { running: 2, waiting: 9 }, own: { running: 2 } }, say, format);
  expect(texts).toEqual(['Tasks running at once: 2', 'Tasks waiting at once: 9 (default of the settings)']);
});
