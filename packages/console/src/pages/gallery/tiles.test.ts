import type { TaskData } from '@plantain/client';
import { expect, test } from 'vitest';
import { nextIndex, tilesOf } from './tiles.ts';

const task = (task_id: string, create_time: string, pictures = 1, expires_at = '2000'): TaskData => ({
  task_id,
  state: 'succeeded',
  data: {
    images: Array.from({ length: pictures }, (_, index) => ({
      url: `https://example.com/files/${task_id}/${index}.png?e=1&token=a`,
      file_name: `${index}.png`,
    })),
    description: '',
  },
  create_time,
  update_time: create_time,
  msg: '',
  status: '3',
  action: 'generate',
  model: 'nano-banana',
  progress: 1,
  attempts: [],
  expires_at,
});

test('every picture has a tile, and so has a task whose pictures are gone', () => {
  const tiles = tilesOf([task('a', '10', 2), task('b', '9', 1, '1000'), task('c', '8', 0)], 1_500_000);
  expect(tiles.map(({ id, picture }) => [id, picture?.index])).toEqual([
    ['a/0', 0],
    ['a/1', 1],
    ['b', undefined],
    ['c', undefined],
  ]);
});

test.each([
  ['ArrowRight', 0, 1],
  ['ArrowLeft', 0, undefined],
  ['ArrowRight', 9, undefined],
  ['ArrowUp', 5, 1],
  ['ArrowUp', 3, undefined],
  ['ArrowDown', 1, 5],
  ['ArrowDown', 7, 9],
  ['ArrowDown', 9, undefined],
  ['Home', 6, 0],
  ['End', 6, 9],
  ['a', 6, undefined],
])('%s leads from %i to %s in ten tiles of four columns', (key, at, expected) => {
  expect(nextIndex(key, { at, count: 10, columns: 4 })).toBe(expected);
});
