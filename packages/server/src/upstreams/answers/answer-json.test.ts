import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseJson } from './answer-json.ts';

const answer = { said: 'plátano 🍌' };
const json = JSON.stringify(answer);

describe('an answer is read', () => {
  test.each([
    ['behind a byte order mark', Buffer.from(`\ufeff${json}`)],
    ['in UTF-16', Buffer.from(`\ufeff${json}`, 'utf16le')],
    ['in UTF-16 of the other order', Buffer.from(`\ufeff${json}`, 'utf16le').swap16()],
    ['behind white space', Buffer.from(`\n \n${json}\n`)],
    ['behind the line that guards against scripts', Buffer.from(`)]}'\n${json}`)],
    ['as one event', Buffer.from(`data: ${json}\n\n`)],
    ['as one event without an empty line behind it', Buffer.from(`data:${json}`)],
    [
      'as one event with a name and a comment',
      Buffer.from(`: hello\r\nevent: done\r\ndata: ${json}\r\n\r\n`),
    ],
    ['as one event before the word that ends a stream', Buffer.from(`data: ${json}\n\ndata: [DONE]\n\n`)],
    ['behind minutes of line feeds', Buffer.from(`${'\r\n'.repeat(500)}data: ${json}\n\n`)],
    ['behind comments, and as no event', Buffer.from(`: wait\n\n: wait\n\n${json}`)],
    ['as one event whose lines end in carriage returns', Buffer.from(`data: ${json}\r\rdata: [DONE]\r\r`)],
    ['behind a warning of PHP', Buffer.from(`<br />\n<b>Warning</b>: x[1] in a.php<br />\n${json}`)],
    ['before what was left behind it', Buffer.from(`${json}\n<!-- 12 ms -->`)],
    ['as one event over several lines', Buffer.from('data: {"said":\ndata: "plátano 🍌"}\n\n')],
  ])('%s', (_how, bytes) => {
    expect(parseJson(bytes)).toEqual(answer);
  });

  test('as a list where it came in several events', () => {
    const two = [{ a: 1 }, { b: 2 }];
    expect(parseJson(Buffer.from('data: {"a":1}\n\ndata: {"b":2}\n\n'))).toEqual(two);
    expect(parseJson(Buffer.from('data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n'))).toEqual(two);
    expect(parseJson(Buffer.from('{"a":1}\r\n{"b":2}\r\n'))).toEqual(two);
  });

  test('with the line feeds of its encoder inside base64', () => {
    expect(parseJson(Buffer.from('{"data":[{"b64_json":"iVBO\r\nRw0K"}]}'))).toEqual({
      data: [{ b64_json: 'iVBO  Rw0K' }],
    });
  });

  test('with numbers that are none', () => {
    const text = '{"seed": NaN,"scores":[-Infinity, Infinity,NaN ],"said":"a, NaN b"}';
    const value = { seed: null, scores: [null, null, null], said: 'a, NaN b' };
    expect(parseJson(Buffer.from(text))).toEqual(value);
  });
});

test.each([
  ['empty lists', `[${'[],'.repeat(300_000)}[]]`],
  ['lists within lists', '['.repeat(300_000) + ']'.repeat(300_000)],
  ['members', `{${'"a":1,'.repeat(300_000)}"a":1}`],
])('JSON with more %s than any answer has is not parsed', (_what, endless) => {
  expect(parseJson(Buffer.from(endless))).toBeUndefined();
});

test('JSON of any length is parsed where it holds one long text', () => {
  const long = 'a'.repeat(2_000_000);
  expect(parseJson(Buffer.from(JSON.stringify([long])))).toEqual([long]);
});

test('empty lines are no events, and of more events than any answer has the first are read', () => {
  const parse = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parse.mockRestore());
  expect(parseJson(Buffer.from(`data: ${json}\n\n${'\n'.repeat(50_000)}`))).toEqual(answer);
  expect(parse).toHaveBeenCalledTimes(1);
  expect(parseJson(Buffer.from(`data: ${json}\n\n${'data: no\n\n'.repeat(50_000)}`))).toEqual(answer);
  expect(parse.mock.calls.length).toBeLessThan(6_000);
});

test.each([
  '',
  '<html>',
  '<html><script>{"a":1}</script></html>',
  'data: nothing',
  'event',
  ': wait',
  '{"a":',
  'data: {"a":\n\n',
])('what is no JSON gives nothing: %j', (text) => {
  expect(parseJson(Buffer.from(text))).toBeUndefined();
});

test('any bytes give a value or nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('', 'data: ', 'data:\n', ")]}'"), (bytes, before) => {
      expect(() => parseJson(Buffer.concat([Buffer.from(before), bytes]))).not.toThrow();
    }),
  );
});
