import { expect, test } from 'vitest';
import { extensionOf } from './content-types.ts';

test('a type that is taken has the extension that people use for it, and every other has none', () => {
  expect(extensionOf('image/png')).toBe('png');
  expect(extensionOf('image/jpeg')).toBe('jpg');
  expect(extensionOf('image/svg+xml')).toBeUndefined();
  expect(extensionOf('')).toBeUndefined();
});
