import { expect, test } from 'vitest';
import { endOfTaskId, firstTaskIdAt, newTaskId, numberOfTaskId } from './ids.ts';

test('a task id is a UUIDv7 of this moment, and no two are the same', () => {
  const before = Date.now();
  const ids = Array.from({ length: 1_000 }, () => newTaskId());
  const after = Date.now();
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(after);
  }
});

test('ids of one time sort as they were made, behind those of every earlier time', () => {
  const at = 1_800_000_000_000;
  const ids = Array.from({ length: 4_096 }, () => newTaskId(at));
  expect(ids.toSorted()).toEqual(ids);
  for (const id of [ids[0] ?? '', ids.at(-1) ?? '']) {
    expect(id > firstTaskIdAt(at)).toBe(true);
    expect(id < firstTaskIdAt(at + 1)).toBe(true);
  }
});

test('the numbers of an id are those of its digits', () => {
  for (const id of [
    '01ffffff-ffff-7fff-bfff-0123fedcba98',
    '0199a4e2-7c1b-7a05-8d6e-3f2b10c4d5e6',
    newTaskId(),
  ]) {
    const number = (from: number, to: number) => Number.parseInt(id.slice(from, to), 16);
    expect(numberOfTaskId(id)).toBe(number(0, 8) * 2 ** 28 + number(9, 13) * 2 ** 12 + number(15, 18));
    expect(endOfTaskId(id)).toBe(number(28, 36) | 0);
  }
});

test('an id has a number as long as a double holds it', () => {
  expect(numberOfTaskId(newTaskId(2 ** 41 - 1))).toBeGreaterThan(2 ** 53 - 2 ** 12 - 1);
  expect(numberOfTaskId(newTaskId(2 ** 41))).toBeNaN();
});

test('any text ends in some number', () => {
  for (const text of ['', 'é'.repeat(36), 'G'.repeat(36), '\uFFFF'.repeat(36)]) {
    expect(Number.isSafeInteger(endOfTaskId(text))).toBe(true);
  }
});
