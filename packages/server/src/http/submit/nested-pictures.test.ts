import { expect, test } from 'vitest';
import { parseBody, type ParseOptions } from '../body/parse-body.ts';

const png = Buffer.from('89504e470d0a1a0a', 'hex');
const uri = `data:image/png;base64,${png.toString('base64')}`;
const read = (body: unknown, pictures: ParseOptions['pictures']) =>
  parseBody(Buffer.from(JSON.stringify(body)), {
    contentType: 'application/json',
    ...(pictures && { pictures }),
  }).fields;

test('pictures become bytes at any depth, in the members that the face names and nowhere else', () => {
  const fields = read(
    {
      prompt: uri,
      messages: [{ content: [{ image_url: { url: uri } }, { text: uri }] }],
      images: [uri, 'https://a.example/b.png', [uri]],
      parts: [{ inlineData: { data: png.toString('base64') } }, { data: 'https://a.example/' }, { data: '' }],
    },
    { uris: ['url', 'images'], base64: ['data'] },
  );
  expect(fields).toMatchObject({
    prompt: uri,
    messages: [{ content: [{ image_url: { url: png } }, { text: uri }] }],
    images: [png, 'https://a.example/b.png', [png]],
    parts: [{ inlineData: { data: png } }, { data: 'https://a.example/' }, { data: '' }],
  });
});

test('equal pictures are in memory once, and what is none is an error with a sentence', () => {
  const { input } = read(
    { input: { a: uri, b: [uri], c: 'data:image/png;base64,?', d: 1 } },
    { uris: 'all', base64: [] },
  );
  const { a, b, c } = input as { a: Uint8Array; b: Uint8Array[]; c: Error };
  expect(a).toEqual(png);
  expect(b[0]).toBe(a);
  expect(c).toBeInstanceOf(Error);
  expect(c.message).toMatch(/base64/);
});
