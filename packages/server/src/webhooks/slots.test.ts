import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSlots, type Slots } from './slots.ts';

const silence = { isAnswered: false, durationMs: 15_000 };
const answer = { isAnswered: true, durationMs: 20 };

/** Begins as many calls of a key as may begin, each to another host, and gives their ends. */
function fill(slots: Slots, keyId: string): (() => void)[] {
  const ends: (() => void)[] = [];
  while (slots.mayBegin(keyId)) ends.push(slots.begin(`${keyId}-${ends.length}.example`, keyId));
  return ends;
}

test('a key alone has half of the slots; whoever comes then has some, and the last are for those without a call', () => {
  const slots = createSlots();
  expect(fill(slots, 'greedy')).toHaveLength(32);
  expect(['a', 'b', 'c', 'd'].map((key) => fill(slots, key).length)).toEqual([8, 4, 4, 4]);
  expect(slots.isScarce).toBe(true);
  expect(['e', 'f', 'g'].map((key) => fill(slots, key).length)).toEqual([1, 1, 1]);
  expect(slots.isFull).toBe(false);
});

test('a key whose calls hang has few at once, until others of it are answered', () => {
  const slots = createSlots();
  const hang = () => {
    const ends = fill(slots, 'dead');
    for (const end of ends) {
      slots.recordEnd('dead.example', 'dead', silence);
      end();
    }
    return ends.length;
  };
  expect([hang(), hang()]).toEqual([32, 4]);
  for (let time = 0; time < 6; time += 1) slots.recordEnd('live.example', 'dead', answer);
  expect([hang(), hang()]).toEqual([10, 4]);
  expect(fill(slots, 'other')).toHaveLength(32);
});

test('a host has four calls, and one while it is silent', () => {
  const slots = createSlots();
  const end = slots.begin('a.example', 'key');
  expect(slots.roomAt('a.example')).toBe(3);
  slots.recordEnd('a.example', 'key', silence);
  expect(slots.roomAt('a.example')).toBe(0);
  slots.recordEnd('a.example', 'key', { isAnswered: false, durationMs: 10 });
  slots.recordEnd('a.example', 'key', answer);
  end();
  expect(slots.roomAt('a.example')).toBe(4);
});

/** One of 11 keys begins a call, or an open one ends. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ key: fc.nat(10), host: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ end: fc.nat(63), isAnswered: fc.boolean() }) },
);

test('whatever eleven keys do, whoever comes then can begin a call at once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const slots = createSlots();
      const open: { key: string; host: string; end: () => void }[] = [];
      for (const each of steps) {
        if ('end' in each) {
          const [ended] = open.splice(each.end, 1);
          if (ended === undefined) continue;
          ended.end();
          slots.recordEnd(ended.host, ended.key, { isAnswered: each.isAnswered, durationMs: 15_000 });
        } else {
          const [key, host] = [`key_${each.key}`, `${each.host}.example`];
          if (slots.roomAt(host) <= 0 || !slots.mayBegin(key)) continue;
          open.push({ key, host, end: slots.begin(host, key) });
        }
        expect(slots.mayBegin('fresh')).toBe(true);
        expect(open.length).toBeLessThan(64);
        for (const { host } of open) expect(slots.roomAt(host)).toBeGreaterThanOrEqual(-3);
      }
    }),
  );
});
