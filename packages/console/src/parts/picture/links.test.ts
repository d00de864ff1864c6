import type { TaskData } from '@plantain/client';
import { expect, test } from 'vitest';
import { isExpired, isSigned, picturesOf, renditionOf } from './links.ts';

const link = 'https://example.com/prefix/files/t1/output.png?e=1800000000&token=abc';
const task: TaskData = {
  task_id: 't1',
  state: 'succeeded',
  data: { images: [{ url: link, file_name: 'output.png' }], description: '' },
  create_time: '1790000000',
  update_time: '1790000005',
  msg: '',
  status: '3',
  action: 'generate',
  model: 'nano-banana',
  progress: 1,
  attempts: [],
  image_details: [{ width: 1376, height: 768, content_type: 'image/png', bytes: 9, sha256: '' }],
  expires_at: '1800000000',
};

test('a rendition keeps the signature and asks for its box', () => {
  expect(renditionOf(link, { width: 320 })).toBe(`${link}&w=320&format=webp`);
  expect(renditionOf(link, { width: 320, height: 200 })).toBe(`${link}&w=320&h=200&format=webp`);
});

test('pictures come with their measures and their place', () => {
  expect(picturesOf(task)).toEqual([
    { url: link, fileName: 't1-1.png', width: 1376, height: 768, taskId: 't1', index: 0, prompt: undefined },
  ]);
  expect(picturesOf(task, 'A cat')[0]).toMatchObject({ fileName: 'A-cat-t1-1.png', prompt: 'A cat' });
});

test('a task without pictures, or past its end, is expired', () => {
  expect(isExpired(task, 1_799_999_999_000)).toBe(false);
  expect(isExpired(task, 1_800_000_000_000)).toBe(true);
  expect(isExpired({ ...task, data: { images: [], description: '' } }, 0)).toBe(true);
});

test('only links that this kind of server signed can be shown', () => {
  expect(isSigned(link)).toBe(true);
  for (const other of ['https://example.com/files/a/b.png', 'https://example.com/b.png?token=x', 'no link'])
    expect(isSigned(other)).toBe(false);
});
