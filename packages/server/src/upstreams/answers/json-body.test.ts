import { buffer } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Base64Text, jsonBody } from './json-body.ts';

async function written(value: unknown) {
  const { body, length } = jsonBody(value);
  const bytes = typeof body === 'string' ? Buffer.from(body) : await buffer(body);
  expect(bytes.length).toBe(length);
  return JSON.parse(bytes.toString()) as unknown;
}

test('JSON without pictures is written as it is', async () => {
  expect(await written({ prompt: 'plátano', n: [1, null] })).toEqual({ prompt: 'plátano', n: [1, null] });
});

test('pictures stand in it as base64, wherever they are and however long', async () => {
  const picture = fc.oneof(
    fc.uint8Array(),
    fc.constantFrom(0, 1, 2).map((more) => new Uint8Array(384 * 2 ** 10 + more).fill(7)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(picture, { maxLength: 4 }), fc.string(), async (pictures, prompt) => {
      const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
      const sent = await written({
        prompt,
        images: pictures.map((bytes) => new Base64Text(bytes)),
        links: pictures.map((bytes) => ({ url: new Base64Text(bytes, 'data:image/png;base64,') })),
      });
      expect(sent).toEqual({
        prompt,
        images: pictures.map(text),
        links: pictures.map((bytes) => ({ url: `data:image/png;base64,${text(bytes)}` })),
      });
    }),
    { numRuns: 50 },
  );
});

test('only the part of a larger buffer that is the picture is written', async () => {
  const bytes = Buffer.from('before the picture').subarray(7);
  expect(await written([new Base64Text(bytes)])).toEqual([Buffer.from('the picture').toString('base64')]);
  expect(String(new Base64Text(bytes, 'data:,'))).toBe(`data:,${bytes.toString('base64')}`);
});
