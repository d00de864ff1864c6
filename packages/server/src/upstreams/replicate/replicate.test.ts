import { getEventListeners } from 'node:events';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shippedPrices } from '../../core/shipped-prices.ts';
import type { Operation } from '../../core/task.ts';
import type { Picture, Upstream, UpstreamRequest } from '../../core/upstream.ts';
import { replicateModel } from './models.ts';
import {
  contextOf,
  openReplicate,
  plain,
  png,
  predictionOf,
  prompt,
  thrownBy,
  versioned,
} from './replicate.fixture.ts';
import type { OpenReplicate } from './replicate.fixture.ts';
import { createReplicate } from './replicate.ts';
import { apiUrl, largestInline } from './request.ts';

let server: OpenReplicate;
let replicate: Upstream;
beforeEach(async () => {
  server = await openReplicate();
  replicate = server.create();
});
afterEach(() => server.close());

const input: Picture = { bytes: png, contentType: 'image/png', width: 8, height: 8 };
const image = `data:image/png;base64,${png.toString('base64')}`;
const refuse = () => Promise.reject(new Error('not asked'));

async function start(request: Partial<UpstreamRequest> = {}, by = replicate) {
  const started = await by.start({ ...plain, ...request }, contextOf());
  if (!('operation' in started)) throw new Error('a job was expected');
  return started;
}

async function poll(operation: Operation) {
  return await replicate.poll?.(operation, contextOf());
}

function sent(): { path: string; body: Record<string, unknown> }[] {
  return server.seen('start').map(({ path, body }) => ({ path, body: JSON.parse(String(body)) }));
}

test.each<[Partial<UpstreamRequest>, string, Record<string, unknown>]>([
  [{}, 'google/nano-banana', {}],
  [{ aspectRatio: '16:9' }, 'google/nano-banana', { aspect_ratio: '16:9' }],
  [{ inputs: [input, input] }, 'google/nano-banana', { image_input: [image, image] }],
  [
    { model: 'google/nano-banana-2', aspectRatio: '8:1', imageSize: '4K' },
    'google/nano-banana-2',
    { aspect_ratio: '8:1', resolution: '4K' },
  ],
  [
    { model: 'google/nano-banana-pro', inputs: [input] },
    'google/nano-banana-pro',
    { resolution: '1K', image_input: [image] },
  ],
  [
    { model: 'google/nano-banana-2-lite', aspectRatio: '4:1' },
    'google/nano-banana-2-lite',
    { aspect_ratio: '4:1' },
  ],
])('the request %o becomes a prediction of %s', async (request, model, extra) => {
  const { operation, warnings } = await start(request);
  const body = { input: { prompt, output_format: 'png', ...extra } };
  expect(sent()).toEqual([{ path: `/v1/models/${model}/predictions`, body }]);
  expect(server.seen('start')[0]?.headers).not.toHaveProperty('prefer');
  expect(operation).toEqual({ id: 'prediction0' });
  expect(warnings).toEqual([]);
});

test('a model with a version is asked for by the version', async () => {
  await start({ model: versioned, imageSize: '2K' });
  const body = {
    version: versioned.split(':')[1],
    input: { prompt, output_format: 'png', resolution: '2K' },
  };
  expect(sent()).toEqual([{ path: '/v1/predictions', body }]);
});

test('a prediction that starts or is worked on goes on, and then brings its picture', async () => {
  const { operation } = await start();
  for (const status of ['starting', 'processing']) {
    server.answer('poll', { body: predictionOf({ status }) });
    expect(await poll(operation)).toEqual({});
  }
  server.answer('poll', null);
  expect(await poll(operation)).toEqual({ pictures: [png], description: '', warnings: [] });
  expect(new Set(server.seen('poll').map(({ path }) => path))).toEqual(
    new Set(['/v1/predictions/prediction0']),
  );
});

test('several pictures come in their order, from the own host without the token and from others through the public fetch', async () => {
  const asked: string[] = [];
  replicate = createReplicate({
    apiToken: server.key,
    baseUrl: server.url,
    fetchPublic: (link) => {
      asked.push(link);
      return Promise.resolve({ bytes: Buffer.from('public') });
    },
  });
  const own = new URL('/delivery/b.png', server.url).href;
  const output = ['https://replicate.delivery/xezq/a.png', own, image];
  server.answer('poll', { body: predictionOf({ status: 'succeeded', output }) });
  expect(await poll((await start()).operation)).toEqual({
    pictures: [Buffer.from('public'), png, png],
    description: '',
    warnings: [],
  });
  expect(asked).toEqual(['https://replicate.delivery/xezq/a.png']);
  expect(server.seen('download')[0]?.headers).not.toHaveProperty('authorization');
});

test('a picture that can not be fetched is trouble in asking, and the next question brings it', async () => {
  const { operation } = await start();
  server.answer('download', { status: 503, body: 'busy' });
  const failure = await thrownBy(poll(operation));
  expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true });
  expect(failure).not.toHaveProperty('maybeBilled');
  server.answer('download', null);
  expect(await poll(operation)).toMatchObject({ pictures: [png] });
});

test('a picture over the limit is not read', async () => {
  replicate = server.create({ maxAnswerBytes: 2000 });
  server.answer('download', { body: Buffer.alloc(2001) });
  const failure = await thrownBy(poll((await start()).operation));
  expect(failure).toMatchObject({ type: 'upstream_unavailable', upstreamReason: 'picture not fetched' });
});

test('an input picture that is too large for the request is uploaded, and the smaller one beside it is not', async () => {
  const bytes = Buffer.alloc(largestInline + 1, 7);
  const limit = Buffer.alloc(largestInline, 7);
  await start({
    inputs: [
      { ...input, bytes, contentType: 'image/jpeg' },
      { ...input, bytes: limit },
    ],
  });
  expect(sent()[0]?.body['input']).toMatchObject({
    image_input: [
      'https://api.replicate.com/v1/files/f1',
      `data:image/png;base64,${limit.toString('base64')}`,
    ],
  });
  const [upload, ...more] = server.uploads;
  const type = upload?.headers['content-type'] ?? '';
  const form = await new Response(upload?.body, { headers: { 'content-type': type } }).formData();
  const file = form.get('content');
  if (!(file instanceof Blob)) throw new Error('a file was expected');
  expect(file.type).toBe('image/jpeg');
  expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);
  expect(more).toEqual([]);
});

test('a picture of a type that Replicate does not take is sent as PNG', async () => {
  const gif = await sharp(png).gif().toBuffer();
  await start({ inputs: [{ ...input, bytes: gif, contentType: 'image/gif' }] });
  const [, base64 = ''] = /"data:image\/png;base64,([^"]+)"/.exec(JSON.stringify(sent())) ?? [];
  const converted = Buffer.from(base64, 'base64');
  expect((await sharp(converted).metadata()).format).toBe('png');
});

test('cancelling asks for it once, and a prediction that is gone needs no more', async () => {
  const { operation } = await start();
  const { signal } = new AbortController();
  await replicate.cancel?.(operation, signal);
  expect(server.others.map(({ method, path }) => [method, path])).toEqual([
    ['POST', '/v1/predictions/prediction0/cancel'],
  ]);
  await replicate.cancel?.({ id: 'never-was' }, signal);
  const stranger = createReplicate({ apiToken: 'wrong', baseUrl: server.url, fetchPublic: refuse });
  await expect(stranger.cancel?.(operation, signal)).rejects.toMatchObject({
    failure: { type: 'upstream_auth' },
  });
});

test('a check names the account, or says that the token is refused, and makes no prediction', async () => {
  const { signal } = new AbortController();
  expect(await replicate.check(signal)).toBe('Replicate took the token of the account plantain-makers.');
  const stranger = createReplicate({ apiToken: 'wrong', baseUrl: server.url, fetchPublic: refuse });
  expect(await thrownBy(stranger.check(signal))).toMatchObject({ type: 'upstream_auth', retryable: false });
  const baseUrl = new URL('/delivery', server.url).href;
  const astray = createReplicate({ apiToken: server.key, baseUrl, fetchPublic: refuse });
  expect(await thrownBy(astray.check(signal))).toMatchObject({ type: 'upstream_bad_request' });
  expect(server.seen('start')).toEqual([]);
});

test("an abort rejects with the signal's reason and leaves no listener", async () => {
  const controller = new AbortController();
  const reason = new Error('the lease was lost');
  server.answer('start', { misbehave: 'hang before headers' });
  const made = replicate.start(plain, contextOf(controller.signal));
  controller.abort(reason);
  await expect(made).rejects.toBe(reason);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('a base URL keeps its path, and one that is none is refused at once', () => {
  expect(apiUrl('https://example.com/r/v1/?a=b', 'account').href).toBe(
    'https://example.com/r/v1/account?a=b',
  );
  expect(() => createReplicate({ apiToken: 'k', baseUrl: 'not a url', fetchPublic: refuse })).toThrow(
    TypeError,
  );
});

test('every model with a price takes exactly the sizes that have one, and an unknown model the least', () => {
  for (const [name, { picture }] of Object.entries(shippedPrices)) {
    if (!name.startsWith('replicate/')) continue;
    const sizes = typeof picture === 'object' ? Object.keys(picture) : ['1K'];
    expect(sizes).toEqual(replicate.capabilities(`${name.slice('replicate/'.length)}:abc`).sizes);
  }
  for (const model of ['some/model', 'constructor', '__proto__'])
    expect(replicate.capabilities(model)).toEqual({
      ...replicateModel('no/model').capabilities,
      seed: false,
      sizes: ['1K'],
    });
});
