import { expect, test } from 'vitest';
import { isMeantAsText } from './pasted-text.ts';

test('text with its own picture beside it is meant as text', () => {
  expect(isMeantAsText('Name\tPrice\r\nBanana\t2', ['image.png'])).toBe(true);
  expect(isMeantAsText('banana.png is the one I mean', ['banana.png'])).toBe(true);
});

test('files are not, be their names beside them or nothing', () => {
  expect(isMeantAsText('', ['image.png'])).toBe(false);
  expect(isMeantAsText('banana.png', ['banana.png'])).toBe(false);
  expect(isMeantAsText('a.png\nb.png\n', ['a.png', 'b.png'])).toBe(false);
});
