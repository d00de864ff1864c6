import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { UnpackedTooLargeError } from '../../lib/unpack.ts';
import { createAnswerOpener } from './open-answer.ts';
import type { ClosedAnswer } from './open-answer.ts';
import { smallPng } from '../png.fixture.ts';

const opener = createAnswerOpener();
afterAll(() => opener.close());

const { signal } = new AbortController();
const picture = Buffer.concat([smallPng, Buffer.alloc(400_000, 'p')]);
const base64 = picture.toString('base64');
const words = 'A plantain, on a table. '.repeat(20_000);

function open(bytes: Uint8Array, more: Partial<ClosedAnswer> = {}) {
  const closed = { contentEncoding: undefined, maxBytes: 100_000_000, isBinary: false, ...more };
  // Two blocks, as long answers come.
  const middle = Math.floor(bytes.length / 2);
  const blocks = [bytes.subarray(0, middle), bytes.subarray(middle)].map((part) => new Uint8Array(part));
  return opener.open({ ...closed, blocks }, signal);
}
const openJson = (value: unknown, more?: Partial<ClosedAnswer>) =>
  open(Buffer.from(JSON.stringify(value)), more);

test('a short answer is its JSON', async () => {
  const value = {
    data: [{ b64_json: smallPng.toString('base64') }],
    text: '![](data:image/png;base64,aaaa)',
  };
  const { bytes, json } = await openJson(value);
  expect(json).toEqual(value);
  expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(value);
});

test.each<[string, string]>([
  ['base64', base64],
  ['a `data:` URI', `data:image/png;base64,${base64}`],
  ['base64 with broken lines', base64.replaceAll(/.{76}/g, '$&\r\n')],
])('of a long answer %s is bytes, and everything else is as it was', async (_what, text) => {
  const { bytes, json } = await openJson({ said: ['Here.', 7, null], picture: { data: text } });
  expect(json).toEqual({ said: ['Here.', 7, null], picture: { data: expect.any(Uint8Array) as Uint8Array } });
  const { data } = (json as { picture: { data: Uint8Array } }).picture;
  expect(picture.equals(data)).toBe(true);
  expect(Buffer.from(bytes).toString()).toContain('"said":["Here.",7,null]');
});

test('a long text keeps its words, and its pictures are taken out of it', async () => {
  const uri = `data:image/png;base64,${base64}`;
  const { json } = await openJson([
    `Here: ![image](${uri}) Enjoy! See https://files.example/a.png`,
    `![image](${uri}=A)`,
  ]);
  expect(json).toEqual([
    { text: 'Here:  Enjoy! See https://files.example/a.png', pictures: [expect.any(Uint8Array)] },
    { text: '', pictures: [''] },
  ]);
});

test('of a long text that is no picture only the beginning is left, and none of a damaged one could be taken for a whole', async () => {
  const { json } = await openJson([words, `${base64}*`]);
  const [text, damaged] = json as string[];
  expect(text).toHaveLength(65_538);
  expect(damaged).toMatch(/^iVBORw0KGgo[^]{65000,65600} …$/);
});

test('of many texts, each no longer than one may be, not all are left', async () => {
  const { json } = await openJson(Array.from({ length: 200 }, () => words.slice(0, 60_000)));
  const texts = json as string[];
  expect(texts[0]).toHaveLength(60_000);
  expect(texts.join('').length).toBeLessThan(4_250_000);
  expect(texts.at(-1)).toMatch(/^A plantain, on a table[^]* …$/);
});

test('what is packed is unpacked, be it short or long when it came', async () => {
  for (const value of [{ a: 1 }, { said: ['Here.'], words }]) {
    const packed = gzipSync(JSON.stringify(value));
    expect(packed.length).toBeLessThan(10_000);
    expect((await open(packed)).json).toHaveProperty(value.said === undefined ? 'a' : 'said');
  }
});

test('what unpacks to more than the limit is refused', async () => {
  const packed = gzipSync(Buffer.alloc(2_000_000, ' '));
  await expect(open(packed, { maxBytes: 1_999_999 })).rejects.toThrow(UnpackedTooLargeError);
  await expect(open(packed, { maxBytes: 100 })).rejects.toThrow(UnpackedTooLargeError);
  expect((await open(packed, { maxBytes: 2_000_000 })).bytes).toHaveLength(2_000_000);
});

test('the bytes of a file are left as they are, but for how they were packed', async () => {
  for (const bytes of [picture, smallPng, gzipSync(picture)]) {
    const opened = await open(bytes, { isBinary: true, contentEncoding: 'gzip' });
    expect(Buffer.from(opened.bytes).subarray(0, 100)).toEqual(picture.subarray(0, 100));
    expect(opened.json).toBeUndefined();
  }
});

test('an abort ends the wait for a long answer', async () => {
  const blocks = [new Uint8Array(Buffer.from(JSON.stringify(words)))];
  const closed = { blocks, contentEncoding: undefined, maxBytes: 100_000_000, isBinary: false };
  const controller = new AbortController();
  const reason = new Error('the lease was lost');
  const opened = opener.open(closed, controller.signal);
  controller.abort(reason);
  await expect(opened).rejects.toBe(reason);
});

test('an answer whose thread has ended is one that can not be read', async () => {
  const closing = createAnswerOpener();
  await closing.close();
  const blocks = [new Uint8Array(Buffer.from(JSON.stringify(words)))];
  const closed = { blocks, contentEncoding: undefined, maxBytes: 100_000_000, isBinary: false };
  const { bytes, json } = await closing.open(closed, signal);
  expect(json).toBeUndefined();
  expect(Buffer.from(bytes).toString()).toMatch(/^"A plantain/);
});
