import { describe, expect, test } from 'vitest';
import { newSecret } from './keys.ts';

describe('an API key', () => {
  test('is 256 random bits behind a prefix', () => {
    expect(newSecret()).toMatch(/^plantain_[\w-]{43}$/);
    expect(newSecret()).not.toBe(newSecret());
  });
});
