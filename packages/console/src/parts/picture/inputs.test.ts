import { expect, test } from 'vitest';
import { moved } from './inputs.ts';

const all = ['a', 'b', 'c', 'd'].map((id) => ({ id, name: id }));
const idsOf = (some: readonly { id: string }[]) => some.map(({ id }) => id).join('');

test('a picture is moved earlier and later, and the others keep their order', () => {
  expect(idsOf(moved(all, 'c', 0))).toBe('cabd');
  expect(idsOf(moved(all, 'b', 2))).toBe('acbd');
  expect(idsOf(moved(all, 'a', 3))).toBe('bcda');
});

test('beyond an end is that end, and where nothing moves the list is the same', () => {
  expect(idsOf(moved(all, 'b', 9))).toBe('acdb');
  expect(moved(all, 'd', 4)).toBe(all);
  expect(moved(all, 'a', -1)).toBe(all);
  expect(moved(all, 'gone', 1)).toBe(all);
});
