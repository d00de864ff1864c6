import { expect, test } from 'vitest';
import { RequestError } from '../../core/errors.ts';
import { readRenditionOptions } from './rendition-query.ts';

test('members without a value ask for nothing, and numbers are numbers however they are spelt', () => {
  expect(readRenditionOptions({ w: '100', h: '' })).toEqual({ width: 100 });
  expect(readRenditionOptions({ w: '0100', e: '17', token: 'x' })).toEqual({ width: 100 });
  expect(readRenditionOptions({ h: '4096', format: 'jpg', q: '1' })).toEqual({
    height: 4096,
    format: 'jpeg',
    quality: 1,
  });
  for (const nothing of [{}, { w: '', format: '' }, { e: '17' }])
    expect(readRenditionOptions(nothing)).toBeUndefined();
});

test.each([
  ['w', '0'],
  ['w', '4097'],
  ['w', '-1'],
  ['w', '1e2'],
  ['w', '10.5'],
  ['h', ' 5'],
  ['h', ['5', '6']],
  ['q', '101'],
  ['q', '0'],
  ['format', 'gif'],
  ['format', 'toString'],
])('%s=%j is refused, by its name', (path, value) => {
  expect(() => readRenditionOptions({ [path]: value })).toThrow(RequestError);
  expect(() => readRenditionOptions({ [path]: value })).toThrow(new RegExp(`^${path} must be`));
});

test('every fault is named at once', () => {
  try {
    readRenditionOptions({ w: 'x', q: '500', format: 'bmp' });
    expect.unreachable();
  } catch (error) {
    expect((error as RequestError).details?.map(({ path }) => path)).toEqual(['w', 'format', 'q']);
  }
});
