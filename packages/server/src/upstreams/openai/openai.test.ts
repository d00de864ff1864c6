import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Picture, UpstreamRequest, UpstreamResult } from '../../core/upstreams/upstream.ts';
import { startLoopback } from '../loopback.fixture.ts';
import type { Reply } from '../loopback.fixture.ts';
import {
  base64Entry,
  createOn,
  errorReply,
  imagesReply,
  openAiKey,
  readFields,
  startOpenAiLoopback,
} from './openai.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { contextOf } from '../faults.fixture.ts';
import type { OpenAiLoopback } from './openai.fixture.ts';
import type { OpenAiOptions } from './openai.ts';
import { createOpenAi } from './openai.ts';

let loopback: OpenAiLoopback;
beforeEach(async () => {
  loopback = await startOpenAiLoopback();
});
afterEach(() => loopback.close());

const request: UpstreamRequest = {
  action: 'generate',
  model: 'gpt-image-2.5-flare',
  prompt: 'a plantain on a table',
  inputs: [],
  aspectRatio: '16:9',
  imageSize: '2K',
};
const pictureOf = (bytes: Uint8Array, contentType: string): Picture => ({
  bytes,
  contentType,
  width: 1536,
  height: 1024,
});

async function make(changes: Partial<UpstreamRequest> = {}, options: Partial<OpenAiOptions> = {}) {
  return (await createOn(loopback, options).start({ ...request, ...changes }, contextOf())) as UpstreamResult;
}

/** Fields of the last call for a picture. */
const sent = async () => readFields(loopback.seenAt('start').at(-1)!);

test('a prompt becomes a picture and what it used; all output tokens of a GPT model are picture', async () => {
  expect(await make()).toEqual({
    pictures: [smallPng],
    description: '',
    warnings: [],
    usage: {
      input_tokens: 274,
      input_image_tokens: 256,
      output_tokens: 1056,
      output_image_tokens: 1056,
      total_tokens: 1330,
    },
  });
  expect(loopback.seenAt('start')).toMatchObject([
    { path: '/v1/images/generations', headers: { authorization: `Bearer ${openAiKey}` } },
  ]);
  expect(await sent()).toEqual({ model: request.model, prompt: request.prompt, size: '2736x1536' });
});

test('several pictures are asked for by n, in an edit too', async () => {
  await make({ count: 4 });
  expect(await sent()).toMatchObject({ n: 4 });
  await make({ count: 3, action: 'edit', inputs: [pictureOf(smallPng, 'image/png')] });
  expect(await sent()).toMatchObject({ n: '3' });
});

test('quality, background and moderation are sent where they are asked for; an edit has no moderation, and says so', async () => {
  const options = { quality: 'max', background: 'transparent', moderation: 'low' } as const;
  expect(await make(options)).toMatchObject({ warnings: [] });
  expect(await sent()).toMatchObject(options);
  const edit = await make({ ...options, action: 'edit', inputs: [pictureOf(smallPng, 'image/png')] });
  expect(edit.warnings).toEqual(['The upstream takes no moderation, so it was left out.']);
  const fields = await sent();
  expect(fields).toMatchObject({ quality: 'max', background: 'transparent' });
  expect(fields).not.toHaveProperty('moderation');
});

test('a mask is sent behind the pictures, byte for byte', async () => {
  const mask = await sharp({ create: { width: 9, height: 6, channels: 4, background: '#0000' } })
    .png()
    .toBuffer();
  const inputs = [pictureOf(smallPng, 'image/png'), pictureOf(smallPng, 'image/png')];
  await make({ action: 'edit', inputs, mask: pictureOf(mask, 'image/png') });
  const fields = await sent();
  expect(Object.keys(fields)).toEqual(['model', 'prompt', 'size', 'image[]', 'mask']);
  const file = fields['mask'] as File;
  expect([file.name, file.type, Buffer.from(await file.bytes())]).toEqual(['mask.png', 'image/png', mask]);
});

test('where the answer counts text among the output, only the rest is picture', async () => {
  const usage = {
    input_tokens: 9,
    output_tokens: 100,
    output_tokens_details: { text_tokens: 30, image_tokens: 70 },
  };
  loopback.answer('start', { body: { data: [base64Entry], usage } });
  expect((await make()).usage).toEqual({
    input_tokens: 9,
    input_image_tokens: 0,
    output_tokens: 100,
    output_image_tokens: 70,
    total_tokens: 109,
  });
});

test.each([
  ['nothing', undefined],
  ['zeros', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, input_tokens: 0, output_tokens: 0 }],
  ['nonsense', { input_tokens: 'many', output_tokens: -1 }],
])('a server that counts %s has no usage', async (_what, usage) => {
  loopback.answer('start', { body: { data: [base64Entry], usage } });
  expect(await make()).not.toHaveProperty('usage');
});

test.each([
  'gpt-image-1-mini',
  'gpt-image-1.5',
  'chatgpt-image-latest',
  'gpt-image-2.6-sunburst',
  'openai/gpt-image-2',
])('no response_format is sent to %s, which would refuse it, for pictures new or edited', async (model) => {
  const inputs = [pictureOf(smallPng, 'image/png')];
  await make({ model, aspectRatio: '3:2', imageSize: '1K' });
  expect(await sent()).not.toHaveProperty('response_format');
  await make({ model, inputs, aspectRatio: '3:2', imageSize: '1K' });
  expect(await sent()).not.toHaveProperty('response_format');
});

test('a model of a compatible server is asked for base64', async () => {
  await make({ model: 'flux.1-dev', imageSize: '1K' });
  expect(await sent()).toEqual({
    model: 'flux.1-dev',
    prompt: request.prompt,
    size: '1344x768',
    response_format: 'b64_json',
  });
  await make({ model: 'flux.1-dev', inputs: [pictureOf(smallPng, 'image/png')], imageSize: '1K' });
  expect(await sent()).toMatchObject({ model: 'flux.1-dev', response_format: 'b64_json' });
});

test('one picture is sent as image, several as image[] in their order, with the fields before them', async () => {
  const webp = await sharp(smallPng).webp().toBuffer();
  const jpeg = await sharp(smallPng).jpeg().toBuffer();
  await make({ action: 'edit', inputs: [pictureOf(webp, 'image/webp')] });
  const one = (await sent())['image'] as File;
  expect([one.name, one.type, Buffer.from(await one.bytes())]).toEqual(['image-1.webp', 'image/webp', webp]);

  await make({ action: 'edit', inputs: [pictureOf(smallPng, 'image/png'), pictureOf(jpeg, 'image/jpeg')] });
  expect(loopback.seenAt('start').at(-1)?.path).toBe('/v1/images/edits');
  const fields = await sent();
  expect(Object.keys(fields)).toEqual(['model', 'prompt', 'size', 'image[]']);
  const files = fields['image[]'] as File[];
  expect(files.map(({ name, type }) => [name, type])).toEqual([
    ['image-1.png', 'image/png'],
    ['image-2.jpg', 'image/jpeg'],
  ]);
  expect(await Promise.all(files.map(async (file) => Buffer.from(await file.bytes())))).toEqual([
    smallPng,
    jpeg,
  ]);
});

test.each([undefined, ''])('without a key (%j) no credential is sent', async (apiKey) => {
  const made = make({}, { apiKey });
  await expect(made).rejects.toMatchObject({ failure: { type: 'upstream_auth' } });
  expect(loopback.seen[0]?.headers).not.toHaveProperty('authorization');
});

test.each(['', '/', '//'])('a base URL may end in %j and have a path and a query', async (end) => {
  const baseUrl = `${loopback.url}/openai/v1${end}?api-version=preview`;
  await make({}, { baseUrl }).catch(() => {});
  expect(loopback.seen[0]?.path).toBe('/openai/v1/images/generations?api-version=preview');
});

test('a base URL that is none is refused at once', () => {
  const fetchPublic = () => Promise.reject(new Error());
  expect(() => createOpenAi({ baseUrl: 'localhost', fetchPublic })).toThrow(TypeError);
});

const checkWith = async (apiKey = openAiKey) =>
  createOn(loopback, { apiKey }).check(new AbortController().signal);

test('a check counts the models, makes no picture and costs nothing', async () => {
  expect(await checkWith()).toBe("models listed: 2, of them OpenAI's for pictures: 1");
  expect(loopback.seen).toMatchObject([{ method: 'GET', path: '/v1/models' }]);
  await expect(checkWith('sk-another-0123456789')).rejects.toMatchObject({
    failure: { type: 'upstream_auth', upstreamReason: '401 invalid_api_key' },
  });
});

test.each<[string, Reply, unknown]>([
  [
    'a key that may only make pictures passes',
    errorReply(403, {
      message: 'You have insufficient permissions for this operation. Missing scopes: api.model.read.',
      type: 'invalid_request_error',
    }),
    'the key is known; it may not list models',
  ],
  [
    'a server without models of OpenAI passes',
    { body: { data: [{ id: 'flux.1-dev' }] } },
    'models listed: 1',
  ],
  ['a page of HTML is no list of models', { body: '<html></html>' }, 'no list of models'],
  ["a gateway's page is not taken for a paid call", { status: 502, body: '<html></html>' }, '502'],
])('in a check, %s', async (_what, reply, expected) => {
  const server = await startLoopback(() => reply);
  const upstream = createOn({ ...loopback, baseUrl: server.url });
  const said: unknown = await upstream
    .check(new AbortController().signal)
    .catch(({ failure }: { failure: { upstreamReason: string; maybeBilled?: boolean } }) => {
      expect(failure).not.toHaveProperty('maybeBilled');
      return failure.upstreamReason;
    });
  await server.close();
  expect(said).toBe(expected);
});

test('several pictures keep their order, and base64 goes before a link to the same picture', async () => {
  const other = await sharp(smallPng).webp().toBuffer();
  const link = `${loopback.url}/generated-images/1.png`;
  loopback.answer(
    'start',
    imagesReply(
      { b64_json: other.toString('base64'), url: 'https://example.com/never-fetched.png' },
      { b64_json: '', url: link },
      { b64_json: `data:image/png;base64,${smallPng.toString('base64')}` },
    ),
  );
  expect((await make()).pictures.map((bytes) => Buffer.from(bytes))).toEqual([other, smallPng, smallPng]);
});

test('damaged pictures among whole ones are left out with a warning', async () => {
  loopback.answer('start', imagesReply({ b64_json: '@@@' }, base64Entry));
  expect(await make()).toMatchObject({
    pictures: [smallPng],
    warnings: ['Of 2 pictures, 1 could not be taken.'],
  });
});
