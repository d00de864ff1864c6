import { expect, test } from 'vitest';
import { explain, piecesOf } from './explain.ts';

test('a setting is explained in the language of the person, and in English where it is not known', () => {
  expect(explain({ name: 'port', about: 'Port.' }, 'en')).toEqual({ text: 'Port.', language: 'en' });
  expect(explain({ name: 'port', about: 'Port.' }, 'zh')).toMatchObject({ language: 'zh' });
  expect(explain({ name: 'newer', about: 'New.' }, 'zh')).toEqual({ text: 'New.', language: 'en' });
});

test('of a link, its words are kept', () => {
  const about = 'Where; [upstreams](upstreams/README.md) has the members of `a[0]`.';
  expect(explain({ name: 'x', about }, 'en').text).toBe('Where; upstreams has the members of `a[0]`.');
});

test('every second piece of a text is code', () => {
  expect(piecesOf('Set `a` or `b`.')).toEqual(['Set ', 'a', ' or ', 'b', '.']);
});
