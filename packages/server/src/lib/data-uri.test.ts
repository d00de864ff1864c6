import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64, parseDataUri, readPictureText } from './data-uri.ts';
import { anyCharacter } from './any-character.fixture.ts';

const hello = Buffer.from('hello');
/** Its base64 has both `+` and `/`, and padding. */
const awkward = Buffer.from([0xfb, 0xef, 0xff, 0xfe]);

test.each([
  ['data:image/png;base64,aGVsbG8=', hello],
  ['data:image/png;base64,aGVsbG8', hello],
  ['  DATA:image/png;charset=utf-8;name=a;BASE64,aGVsbG8=\n', hello],
  ['data:;base64,aGVs\r\n bG8=', hello],
  ['data:image/png; base64 ,aGVsbG8%3D', hello],
  ['data:image/png;base64,++///g==', awkward],
  ['data:image/png;base64,--___g', awkward],
  ['data:image/png;base64,%2B%2b%2F//g==', awkward],
  ['data:,hello', hello],
  ['data:text/plain,h%65llo', hello],
  ['data:text/plain,%zz%4', Buffer.from('%zz%4')],
])('%j is read', (text, expected) => {
  const bytes = parseDataUri(text, 100);
  expect(bytes).toBeInstanceOf(Uint8Array);
  expect(Buffer.from(bytes as Uint8Array)).toEqual(expected);
});

test.each([
  ['https://example.com/a.png', 'must begin with data:'],
  ['data:image/png;base64', 'must begin with data:'],
  ['data:image/png;base64,', 'is empty'],
  ['data:,', 'is empty'],
  ['data:image/png;base64,aGVs*G8=', 'not base64'],
  ['data:image/png;base64,aGVsb', 'cut off'],
  ['data:image/png;base64,aGVs=bG8=', 'not base64'],
  ['data:image/png;base64,aGVs\u0141bG8', 'not base64'],
])('%j is refused with a sentence', (text, reason) => {
  expect(parseDataUri(text, 100)).toContain(reason);
});

test.each([
  ['aGVsbG8=', hello],
  ['aGVsbG8', hello],
  ['\ufeff aGVs\r\n\tbG8\n=\n', hello],
  ['aGVsbG8%3D', hello],
  ['++///g==', awkward],
  ['--___g%3d%3D', awkward],
])('%j is read as base64, alone or behind the beginning of a data: URI', (text, expected) => {
  for (const bytes of [
    decodeBase64(text, 100),
    readPictureText(text, 100),
    readPictureText(` Data:image/png;base64,${text}`, 100),
  ])
    expect(Buffer.from(bytes as Uint8Array)).toEqual(expected);
});

test('base64 that is none, or holds too much, is refused with a sentence that does not speak of a URI', () => {
  expect(decodeBase64('https://example.com/a.png', 100)).toBe(
    'The base64 holds characters that are not base64.',
  );
  expect(readPictureText('aGVsbG8=', 4)).toBe(
    'The base64 holds more than the 4 bytes that one picture may have.',
  );
  expect(decodeBase64(' \n', 100)).toBe('The base64 is empty.');
});

test('base64 in whose lines there is one digit each is read as any other', () => {
  const bytes = Buffer.alloc(90_000, 7);
  expect(decodeBase64(Array.from(bytes.toString('base64')).join('\n'), 90_000)).toEqual(bytes);
});

test('the limit lets through exactly as many bytes as it names, in either form', () => {
  const base64 = `data:;base64,${hello.toString('base64')}`;
  expect(parseDataUri(base64, 5)).toEqual(hello);
  expect(parseDataUri(base64, 4)).toContain('more than the 4 bytes');
  expect(parseDataUri('data:,%68%65llo', 5)).toEqual(hello);
  expect(parseDataUri('data:,hello', 4)).toContain('more than the 4 bytes');
  expect(parseDataUri(`data:;base64,${'A'.repeat(1000)}`, 10)).toContain('more than the 10 bytes');
});

test('bytes survive the way through both forms', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      const percent = buffer.toString('hex').replaceAll(/../g, '%$&');
      for (const text of [`data:image/png;base64,${buffer.toString('base64')}`, `data:,${percent}`])
        expect(Buffer.from(parseDataUri(text, 200) as Uint8Array)).toEqual(buffer);
    }),
  );
});

test('any text gives bytes within the limit or a sentence, never an exception', () => {
  const payload = fc.oneof(fc.string(), fc.string({ unit: anyCharacter }), fc.base64String());
  const text = fc.oneof(
    payload,
    fc.tuple(fc.constantFrom('data:,', 'data:a/b;base64,'), payload).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, fc.nat({ max: 30 }), (uri, maxBytes) => {
      const result = parseDataUri(uri, maxBytes);
      expect(typeof result === 'string' ? result.endsWith('.') : result.length <= maxBytes).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
