import { expect, test } from 'vitest';
import { sayIn } from './words.ts';

test('values stand where their names do, and a name without a value stays', () => {
  expect(sayIn({ place: 'Place {place} of {count}' }, 'place', { place: 3 })).toBe('Place 3 of {count}');
});

test('what there are no words for is said as it is called', () => {
  expect(sayIn({}, 'budget_exceeded')).toBe('budget_exceeded');
});
