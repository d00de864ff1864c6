import type { LimitFault } from '@plantain/client';
import { expect, test } from 'vitest';
import { createFormat } from '../format/format.ts';
import { sayIn, type Say } from '../../words/words.ts';
import { limitFaultTexts } from './limit-fault.ts';
import { limitedWords } from './words.ts';

const format = { ...createFormat('en'), time: (seconds: string | number) => `at ${seconds}` };
const say: Say<keyof typeof limitedWords.en> = (key, values) => sayIn(limitedWords.en, key, values);
const base = { path: '', message: 'x', of: 'key', id: 'key_1' } as const;

test('a budget that refuses says whose it is, what is left, what was asked for and when it begins anew', () => {
  const fault: LimitFault = {
    ...base,
    limit: 'budget',
    period: 'day',
    limit_micro_usd: 5_000_000,
    spent_micro_usd: 4_900_000,
    reserved_micro_usd: 67_200,
    cost_micro_usd: 33_600,
    resets_at: '1796083200',
    fits: 0,
  };
  expect(limitFaultTexts(fault, say, format)).toEqual([
    'Key key_1',
    'Budget $5.00 a day',
    '$4.90 spent',
    '$0.0672 reserved',
    '$0.0328 left',
    'this would cost $0.0336',
    'begins anew at 1796083200',
  ]);
});

test('a limit that refuses says how much of it is used, and how many tasks would fit', () => {
  const fault: LimitFault = { ...base, of: 'owner', id: 'own_1', limit: 'waiting', max: 5, used: 3, fits: 2 };
  expect(limitFaultTexts(fault, say, format)).toEqual([
    'Owner own_1',
    'Tasks waiting at once: 3 of 5',
    'the first 2 would be taken now',
  ]);
});
