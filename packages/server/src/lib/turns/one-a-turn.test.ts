import { expect, test } from 'vitest';
import { countTurns } from './count-turns.fixture.ts';
import { createOneATurn } from './one-a-turn.ts';

test('whoever comes alone begins at once, and of many each in a turn of its own', async () => {
  const turns = countTurns();
  const work = createOneATurn({ maxWaiting: 100 });
  const began = await Promise.all(
    Array.from({ length: 20 }, async () => {
      await work.next('a');
      return turns.get();
    }),
  );
  turns.end();
  expect(began[0]).toBe(0);
  expect(new Set(began).size).toBe(20);
});

test('owners are served in turn, however many one of them has', async () => {
  const work = createOneATurn({ maxWaiting: 100 });
  const order: string[] = [];
  const begin = async (owner: string) => {
    await work.next(owner);
    order.push(owner);
  };
  await Promise.all(['a', 'a', 'a', 'a', 'b', 'b'].map(begin));
  expect(order).toEqual(['a', 'a', 'b', 'a', 'b', 'a']);
});

test('of one owner only so many wait, and others still may', async () => {
  const work = createOneATurn({ maxWaiting: 2 });
  const begun = ['a', 'a', 'a', 'a', 'b'].map((owner) => work.next(owner));
  expect(begun.map((each) => each === null)).toEqual([false, false, false, true, false]);
  await Promise.all(begun.filter((each) => each !== null));
  expect(work.next('a')).not.toBeNull();
});
