import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTogether } from './together.ts';

/** A read that gives what was asked for when it is let through, and notes what each statement asked for. */
function heldRead() {
  const statements: { asked: readonly number[]; letThrough: () => void; fail: (error: Error) => void }[] = [];
  const read = createTogether((asked: readonly number[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<number[]>();
    statements.push({ asked, letThrough: () => resolve(asked.map((each) => each * 10)), fail: reject });
    return promise;
  });
  return { read, statements };
}

test('reads that are asked for in one turn are one statement', async () => {
  const { read, statements } = heldRead();
  const values = Promise.all([read(1), read(2), read(1)]);
  await nextTurn();
  expect(statements.map(({ asked }) => asked)).toEqual([[1, 2, 1]]);
  statements[0]?.letThrough();
  expect(await values).toEqual([10, 20, 10]);
});

test('while two statements are under way the next one gathers', async () => {
  const { read, statements } = heldRead();
  const values: Promise<number>[] = [];
  for (const each of [1, 2, 3, 4]) {
    values.push(read(each));
    await nextTurn();
  }
  expect(statements.map(({ asked }) => asked)).toEqual([[1], [2]]);
  statements[1]?.letThrough();
  await expect.poll(() => statements.length).toBe(3);
  expect(statements[2]?.asked).toEqual([3, 4]);
  statements[0]?.letThrough();
  statements[2]?.letThrough();
  expect(await Promise.all(values)).toEqual([10, 20, 30, 40]);
});

test('a statement that fails fails for those who asked for it, and the next one goes on', async () => {
  const { read, statements } = heldRead();
  const failed = Promise.allSettled([read(1), read(2)]);
  await nextTurn();
  statements[0]?.fail(new Error('away'));
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const value = read(3);
  await nextTurn();
  statements[1]?.letThrough();
  expect(await value).toBe(30);
});
