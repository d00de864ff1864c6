import { expect, test } from 'vitest';
import { RequestError } from '../../core/errors.ts';
import { createBodyMemory } from './body-memory.ts';

const create = (baseBytes = 0) =>
  createBodyMemory({
    totalBytes: 100,
    ownerBytes: 60,
    baseBytes,
    refusal: () => new RequestError('overloaded', 'No room.'),
  });

test('an owner may have a share of the memory, and all together no more than there is', () => {
  const memory = create();
  const first = memory.open('a');
  first.add(60);
  expect(() => memory.open('a').add(1)).toThrow('No room.');
  memory.open('b').add(39);
  expect(() => memory.open('c').add(1)).toThrow('No room.');
  first.close();
  first.close();
  memory.open('c').add(59);
});

test('what is given back is there for others, and never more than was taken', () => {
  const memory = create();
  const first = memory.open('a');
  first.add(60);
  first.give(40);
  memory.open('b').add(60);
  expect(() => memory.open('c').add(21)).toThrow('No room.');
  first.give(1_000);
  first.close();
  expect(() => memory.open('a').add(41)).toThrow('No room.');
});

test('what did not fit counts until it is closed', () => {
  const memory = create();
  const large = memory.open('a');
  expect(() => large.add(101)).toThrow('No room.');
  expect(() => memory.open('b').add(1)).toThrow('No room.');
  large.close();
  memory.open('b').add(59);
});

test('the oldest give way: first those of an owner who has too much, then anybody’s', () => {
  const memory = create();
  const evicted: string[] = [];
  function open(owner: string, name: string, bytes: number) {
    const share = memory.open(owner, () => void evicted.push(name));
    share.add(bytes);
    return share;
  }
  open('a', 'a1', 30);
  open('b', 'b1', 30);
  open('a', 'a2', 30);
  open('a', 'a3', 10);
  expect(evicted).toEqual(['a1']);
  open('c', 'c1', 40);
  expect(evicted).toEqual(['a1', 'b1']);
  expect(() => open('d', 'd1', 61)).toThrow('No room.');
});

test('each counts as some bytes even if it has none', () => {
  const memory = create(30);
  const evicted: number[] = [];
  for (const number of [1, 2, 3, 4]) {
    memory.open(String(number), () => void evicted.push(number)).add(1);
  }
  expect(evicted).toEqual([1]);
});

test('however many owners hold all that they can, there is room for one more', () => {
  const memory = createBodyMemory({
    totalBytes: 1_024,
    refusal: () => new RequestError('overloaded', 'No room.'),
  });
  function holdAll(owner: string): number {
    for (let held = 0; ; held += 1) {
      const share = memory.open(owner);
      try {
        share.add(1);
      } catch {
        share.close();
        return held;
      }
    }
  }
  expect(['a', 'b', 'c', 'd', 'e'].map(holdAll)).toEqual([512, 256, 128, 64, 32]);
  expect(holdAll('a')).toBe(0);
  memory.open('one more').add(16);
});
