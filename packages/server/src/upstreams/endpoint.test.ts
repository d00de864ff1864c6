import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import { endpoint } from './endpoint.ts';
import { anyCharacter } from '../lib/any-character.fixture.ts';

test.each([
  ['https://example.com', 'https://example.com/a/b'],
  ['https://example.com/', 'https://example.com/a/b'],
  ['https://example.com/v1//', 'https://example.com/v1/a/b'],
  ['https://example.com/v1?team=x', 'https://example.com/v1/a/b?team=x'],
])('below the base URL %s, whose path and query are kept', (baseUrl, expected) => {
  expect(endpoint(baseUrl, 'a', 'b').href).toBe(expected);
});

test('a base URL that is none is refused', () => {
  expect(() => endpoint('localhost', 'a')).toThrow(TypeError);
});

test('no segment, however odd, reaches beyond its own place in the path', () => {
  const segment = fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.constantFrom('..', '.', '', '%2e%2e', '../..', 'a/b', '\\..', '?a=b', '#', '\ud800', '\r\nhost: b'),
  );
  fc.assert(
    fc.property(segment, segment, (first, second) => {
      let url: URL;
      try {
        url = endpoint('https://example.com/v1?a=b', first, second);
      } catch (error) {
        expect(error).toBeInstanceOf(TaskError);
        expect([first, second].some((each) => /^\.{0,2}$/.test(each))).toBe(true);
        return;
      }
      expect(url.origin + url.search + url.hash).toBe('https://example.com?a=b');
      const [empty, version, ...segments] = url.pathname.split('/');
      expect([empty, version]).toEqual(['', 'v1']);
      expect(segments.map(decodeURIComponent)).toEqual([first.toWellFormed(), second.toWellFormed()]);
    }),
  );
});
