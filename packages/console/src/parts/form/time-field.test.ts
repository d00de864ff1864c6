import { expect, test } from 'vitest';
import { fromField, toField } from './time-field.ts';

test('a time comes back as it went into the field, to the minute', () => {
  for (const seconds of [1_800_000_000, 1_772_323_200, 0])
    expect(fromField(toField(String(seconds)))).toBe(seconds - (seconds % 60));
});

test('a key without an end has an empty field', () => {
  expect(toField(null)).toBe('');
  expect(fromField('')).toBeNull();
});
