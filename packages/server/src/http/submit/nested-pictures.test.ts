import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { createBodyReader } from '../body/read-body.ts';
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

test('texts of the client’s own stay texts, whatever they are called', () => {
  const own = { data: 'aGVsbG8=', uri, more: { data: [uri] } };
  const places = { uris: ['uri'], base64: ['data'], plain: ['labels'] };
  expect(read({ tasks: [{ labels: own }], labels: [own] }, places)).toEqual({
    tasks: [{ labels: own }],
    labels: [own],
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

test('a prompt stays a text, and no more pictures are decoded than any model takes', () => {
  const { input, prompt } = read(
    { prompt: uri, input: Array.from({ length: 201 }, () => uri) },
    { uris: 'all', base64: [] },
  );
  expect(prompt).toBe(uri);
  expect((input as unknown[]).filter((each) => each instanceof Uint8Array)).toHaveLength(200);
  expect((input as unknown[]).at(-1)).toBeInstanceOf(Error);
});

test('a large body is read in a thread, and its pictures come out of it', async () => {
  const bodies = createBodyReader({ memoryBytes: 2 ** 24 });
  const picture = Buffer.alloc(200_000, png);
  const url = `data:image/png;base64,${picture.toString('base64')}`;
  const text = Buffer.from(JSON.stringify({ messages: [{ image_url: { url } }, { image_url: { url } }] }));
  const request = Object.assign(Readable.from([text], { objectMode: false }), {
    headers: { 'content-type': 'application/json', 'content-length': String(text.length) },
  }) as unknown as IncomingMessage;
  const options = {
    keyId: 'k',
    limit: 2 ** 22,
    maxPictureBytes: 2 ** 20,
    pictures: { uris: ['url'], base64: [] },
  };
  const fields = await bodies.use(request, options, async (body) => body.fields);
  expect(fields).toMatchObject({
    messages: [
      { image_url: { url: new Uint8Array(picture) } },
      { image_url: { url: new Uint8Array(picture) } },
    ],
  });
  await bodies.close();
});
