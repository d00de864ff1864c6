import { expect, test } from 'vitest';
import { createReadsInFlight } from './reads-in-flight.ts';

function setUp(options?: Parameters<typeof createReadsInFlight>[0]) {
  const reads = createReadsInFlight<string>(options);
  const stored: string[] = [];
  const loads: PromiseWithResolvers<string>[] = [];
  const read = (id: string) =>
    reads.read(
      id,
      () => {
        const load = Promise.withResolvers<string>();
        loads.push(load);
        return load.promise;
      },
      (value) => stored.push(value),
    );
  return { reads, stored, loads, read };
}

test('all who ask while a read is under way have that one, and it is kept once', async () => {
  const { stored, loads, read } = setUp();
  const asked = [read('a'), read('a'), read('b')];
  expect(loads).toHaveLength(2);
  loads[0]?.resolve('first');
  loads[1]?.resolve('other');
  expect(await Promise.all(asked)).toEqual(['first', 'first', 'other']);
  expect(stored).toEqual(['first', 'other']);
  void read('a');
  expect(loads).toHaveLength(3);
});

test('a read that was dropped answers those who wait for it, and is neither kept nor joined', async () => {
  const { reads, stored, loads, read } = setUp();
  const before = read('a');
  reads.drop('a');
  const after = read('a');
  loads[1]?.resolve('new');
  expect(await after).toBe('new');
  loads[0]?.resolve('old');
  expect(await before).toBe('old');
  expect(stored).toEqual(['new']);
});

test('a dropped read that ends does not end the one that was begun after it', async () => {
  const { reads, loads, read } = setUp();
  const before = read('a');
  reads.dropAll();
  const after = read('a');
  loads[0]?.resolve('old');
  await before;
  const joined = read('a');
  expect(loads).toHaveLength(2);
  loads[1]?.resolve('new');
  expect(await Promise.all([after, joined])).toEqual(['new', 'new']);
});

test('a read that fails fails for all who wait for it, and the next who asks begins another', async () => {
  const { stored, loads, read } = setUp();
  const asked = Promise.allSettled([read('a'), read('a')]);
  loads[0]?.reject(new Error('no'));
  expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const again = read('a');
  loads[1]?.resolve('yes');
  expect(await again).toBe('yes');
  expect(stored).toEqual(['yes']);
});

test('where none is joined each has a read of its own, and what began before a drop is not kept', async () => {
  const { reads, stored, loads, read } = setUp({ isJoined: false });
  const before = [read('a'), read('a')];
  expect(loads).toHaveLength(2);
  loads[1]?.resolve('second');
  expect(await before[1]).toBe('second');
  reads.drop('a');
  const after = read('a');
  loads[0]?.resolve('first');
  loads[2]?.resolve('third');
  expect([await before[0], await after]).toEqual(['first', 'third']);
  expect(stored).toEqual(['second', 'third']);
});
