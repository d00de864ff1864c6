import { afterEach, beforeEach, expect, test } from 'vitest';
import { shippedPrices } from '../../core/models/shipped-prices.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type { Upstream, UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { failureOf, operationFor, pollOf, secretPrompt } from '../faults.fixture.ts';
import { smallPicture, smallPng } from '../png.fixture.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';
import { capabilitiesOf } from './models.ts';
import { openReplicate, plain, predictionOf, versioned } from './replicate.fixture.ts';
import type { OpenReplicate } from './replicate.fixture.ts';
import { createReplicate } from './replicate.ts';
import { largestInline } from './request.ts';

let server: OpenReplicate;
let replicate: Upstream;
beforeEach(async () => {
  server = await openReplicate();
  replicate = server.create();
});
afterEach(() => server.close());

const image = `data:image/png;base64,${smallPng.toString('base64')}`;
const start = (request: Partial<UpstreamRequest> = {}) => operationFor(replicate, { ...plain, ...request });
const poll = (operation: Operation) => pollOf(replicate, operation);

function sent(): { path: string; body: Record<string, unknown> }[] {
  return server.seen('start').map(({ path, body }) => ({ path, body: JSON.parse(String(body)) }));
}

test.each<[Partial<UpstreamRequest>, string, Record<string, unknown>]>([
  [{}, 'google/nano-banana', {}],
  [{ aspectRatio: '16:9' }, 'google/nano-banana', { aspect_ratio: '16:9' }],
  [{ inputs: [smallPicture, smallPicture] }, 'google/nano-banana', { image_input: [image, image] }],
  [
    { model: 'google/nano-banana-2', aspectRatio: '8:1', imageSize: '4K' },
    'google/nano-banana-2',
    { aspect_ratio: '8:1', resolution: '4K' },
  ],
  [
    { model: 'google/nano-banana-pro', inputs: [smallPicture] },
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
  const body = { input: { prompt: secretPrompt, output_format: 'png', ...extra } };
  expect(sent()).toEqual([{ path: `/v1/models/${model}/predictions`, body }]);
  expect(server.seen('start')[0]?.headers).not.toHaveProperty('prefer');
  expect(operation).toEqual({ id: 'prediction0' });
  expect(warnings).toEqual([]);
});

test('a model with a version is asked for by the version', async () => {
  await start({ model: versioned, imageSize: '2K' });
  const body = {
    version: versioned.split(':')[1],
    input: { prompt: secretPrompt, output_format: 'png', resolution: '2K' },
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
  expect(await poll(operation)).toEqual({ pictures: [smallPng], description: '', warnings: [] });
  expect(new Set(server.seen('poll').map(({ path }) => path))).toEqual(
    new Set(['/v1/predictions/prediction0']),
  );
});

test('an input picture that is too large for the request is uploaded, and the smaller one beside it is not', async () => {
  const bytes = Buffer.alloc(largestInline + 1, 7);
  const limit = Buffer.alloc(largestInline, 7);
  await start({
    inputs: [
      { ...smallPicture, bytes, contentType: 'image/jpeg' },
      { ...smallPicture, bytes: limit },
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

test('cancelling asks for it once, and a prediction that is gone needs no more', async () => {
  const { operation } = await start();
  const { signal } = new AbortController();
  await replicate.cancel?.(operation, signal);
  expect(server.others.map(({ method, path }) => [method, path])).toEqual([
    ['POST', '/v1/predictions/prediction0/cancel'],
  ]);
  await replicate.cancel?.({ id: 'never-was' }, signal);
  const stranger = server.create({ key: 'wrong' });
  await expect(stranger.cancel?.(operation, signal)).rejects.toMatchObject({
    failure: { type: 'upstream_auth' },
  });
});

test('a check names the account, or says that the token is refused, and makes no prediction', async () => {
  const { signal } = new AbortController();
  expect(await replicate.check(signal)).toBe('Replicate took the token of the account plantain-makers.');
  const stranger = server.create({ key: 'wrong' });
  expect(await failureOf(stranger.check(signal))).toMatchObject({ type: 'upstream_auth', retryable: false });
  const baseUrl = new URL('/delivery', server.url).href;
  const astray = createReplicate({ apiToken: server.key, baseUrl, fetchPublic: refuseToFetch });
  expect(await failureOf(astray.check(signal))).toMatchObject({ type: 'upstream_bad_request' });
  expect(server.seen('start')).toEqual([]);
});

test('a base URL that is none is refused at once', () => {
  expect(() => createReplicate({ apiToken: 'k', baseUrl: 'not a url', fetchPublic: refuseToFetch })).toThrow(
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
      ...capabilitiesOf('no/model'),
      seed: false,
      sizes: ['1K'],
    });
});
