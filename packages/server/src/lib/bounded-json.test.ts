import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBoundedJson } from './bounded-json.ts';

const limits = { maxMembers: 10, maxDepth: 3 };
const parse = (text: string, more = {}) => parseBoundedJson(Buffer.from(text), { ...limits, ...more });

test('a value has as many members as the limit says, and no more', () => {
  expect(parse(`[${'1,'.repeat(8)}1]`)).toEqual({ value: Array(9).fill(1) });
  expect(parse(`[${'1,'.repeat(10)}1]`)).toEqual({ fault: 'members' });
  expect(parse(`[${'{},'.repeat(10)}{}]`)).toEqual({ fault: 'members' });
  expect(parse('""'.repeat(100))).toEqual({ fault: 'members' });
});

test('a value is as deep as the limit says, and no deeper', () => {
  expect(parse('[{"a":[]}]')).toEqual({ value: [{ a: [] }] });
  expect(parse('[[[[')).toEqual({ fault: 'depth' });
  expect(parse('[{"a":[[]]}]')).toEqual({ fault: 'depth' });
});

test('what stands in a string is not counted, however it is written', () => {
  const text = '[[[[{{{,,,,,,,,,,,,,\\"[[[[\\\\\\",,,,,,,,,,\\\\';
  expect(parse(`{"${text}":"${text}"}`)).toHaveProperty('value');
  expect(parse(`{"a":"\\\\",${'"b":1,'.repeat(20)}"c":1}`)).toEqual({ fault: 'members' });
});

test('what is no JSON is said with its place, where it has one', () => {
  expect(parse('{"a":1 x}')).toEqual({ fault: 'syntax', position: 7 });
  expect(parse('{"a":x}')).toEqual({ fault: 'syntax' });
  expect(parse('{"a":')).toEqual({ fault: 'cut off' });
  expect(parse('{"a":"b')).toEqual({ fault: 'cut off' });
  for (const nothing of ['', ' \n', '\ufeff']) expect(parse(nothing)).toEqual({ fault: 'empty' });
});

test('a byte order mark is no part of the value, and says how the text is written', () => {
  const value = { value: { a: 'ü🍌' } };
  const text = '{"a":"ü🍌"}';
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  expect(parse(`\ufeff${text}`)).toEqual(value);
  expect(parseBoundedJson(little, limits)).toEqual(value);
  expect(parseBoundedJson(Buffer.from(little).swap16(), limits)).toEqual(value);
  expect(parseBoundedJson(little.subarray(0, -1), limits)).toEqual({ fault: 'encoding' });
});

test('bytes that are no UTF-8 are a fault, or replaced where that is wanted', () => {
  const bytes = Buffer.from([0x22, 0xff, 0x22]);
  expect(parseBoundedJson(bytes, limits)).toEqual({ fault: 'encoding' });
  expect(parseBoundedJson(bytes, { ...limits, replaceBadBytes: true })).toEqual({ value: '\ufffd' });
});

test('any JSON is as it was, and any bytes have a value or a fault', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseBoundedJson(Buffer.from(text), { maxMembers: 1e6, maxDepth: 1e6 })).toEqual({
        value: JSON.parse(text) as unknown,
      });
    }),
  );
  const signs = fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', ':', ' ', 'a', '1', '\ufeff', '\u0000');
  fc.assert(
    fc.property(fc.array(signs), fc.uint8Array({ maxLength: 20 }), (parts, tail) => {
      const found = parseBoundedJson(Buffer.concat([Buffer.from(parts.join('')), tail]), limits);
      expect(Object.keys(found)[0]).toMatch(/^(value|fault)$/);
    }),
  );
});
