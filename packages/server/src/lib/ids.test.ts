import { expect, test } from 'vitest';
import { firstTaskIdAt, newTaskId } from './ids.ts';

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
