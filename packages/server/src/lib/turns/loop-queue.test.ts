import { expect, test } from 'vitest';
import { createLoopQueue } from './loop-queue.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a job is done at once, and so many in a turn', async () => {
  const queue = createLoopQueue({ most: 2, longestMs: 60_000 });
  const done: number[] = [];
  for (const number of [1, 2, 3, 4, 5]) queue.soon(() => done.push(number));
  expect(done).toEqual([1, 2]);
  expect(queue.isBusy).toBe(true);
  await nextTurn();
  expect(done).toEqual([1, 2, 3, 4]);
  await nextTurn();
  expect(done).toEqual([1, 2, 3, 4, 5]);
  expect(queue.isBusy).toBe(false);
  await nextTurn();
  queue.soon(() => done.push(6));
  expect(done.at(-1)).toBe(6);
});

test('a job that takes long is the last of its turn', async () => {
  const queue = createLoopQueue({ longestMs: 1 });
  const done: string[] = [];
  queue.later(() => {
    for (const end = performance.now() + 2; performance.now() < end;);
    done.push('long');
  });
  queue.later(() => done.push('next'));
  await nextTurn();
  expect(done).toEqual(['long']);
  await nextTurn();
  expect(done).toEqual(['long', 'next']);
});

test('a job that waits is there once, can be dropped, and may give itself again', async () => {
  const queue = createLoopQueue();
  let times = 0;
  const task = () => {
    times += 1;
    if (times < 3) queue.later(task);
  };
  queue.later(task);
  queue.later(task);
  const dropped = () => expect.unreachable();
  queue.later(dropped);
  queue.drop(dropped);
  expect(times).toBe(0);
  while (queue.isBusy) await nextTurn();
  expect(times).toBe(3);
});
