import { expect, test } from 'vitest';
import { drawnOrder, drawnValues, isolated, momentAfter, type PlotLine } from './lines.ts';

const line = (label: string, mark: PlotLine['mark'], ...values: (number | null)[]): PlotLine => ({
  label,
  mark,
  colour: 'accent',
  values,
});
const lines = [
  line('came', 'line', 9, null),
  line('good', 'bar', 3, 0),
  line('bad', 'hatched-bar', 2, null),
  line('gone', 'dotted-bar', 1, 4),
];

test('the tallest bar is drawn first, and lines over all bars', () => {
  expect(drawnOrder(lines).map(({ label }) => label)).toEqual(['gone', 'bad', 'good', 'came']);
});

test('each bar is as high as those below it and itself, and what is missing stays missing', () => {
  expect(drawnValues(lines)).toEqual([
    [6, 4],
    [5, null],
    [3, 0],
    [9, null],
  ]);
});

test('a value without neighbours is found, also at the ends', () => {
  expect(isolated([1, null, 2, 3, null, 0])).toEqual([0, 5]);
  expect(isolated([7])).toEqual([0]);
  expect(isolated([null, null])).toEqual([]);
});

test('keys lead from moment to moment and not beyond the ends', () => {
  expect(momentAfter('ArrowLeft', null, 5)).toBe(3);
  expect(momentAfter('ArrowLeft', 0, 5)).toBe(0);
  expect(momentAfter('ArrowRight', 4, 5)).toBe(4);
  expect(momentAfter('PageDown', 24, 50)).toBe(14);
  expect(momentAfter('Home', 24, 50)).toBe(0);
  expect(momentAfter('End', 24, 50)).toBe(49);
  expect(momentAfter('Escape', 24, 50)).toBeNull();
  expect(momentAfter('a', 24, 50)).toBeUndefined();
});
