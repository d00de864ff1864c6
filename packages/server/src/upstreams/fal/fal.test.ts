import { afterEach, beforeEach, expect, test } from 'vitest';
import { shippedPrices } from '../../core/models/shipped-prices.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type { Upstream, UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { startLoopback } from '../loopback.fixture.ts';
import { createFal } from './fal.ts';
import { failureOf, operationFor, pollOf, secretPrompt } from '../faults.fixture.ts';
import { smallPicture, smallPng } from '../png.fixture.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';
import { inProgress, openFal, plain, queued } from './fal.fixture.ts';
import type { OpenFal } from './fal.fixture.ts';
import { capabilitiesOf } from './models.ts';

let server: OpenFal;
let fal: Upstream;
beforeEach(async () => {
  server = await openFal();
  fal = server.create();
});
afterEach(() => server.close());

const image = `data:image/png;base64,${smallPng.toString('base64')}`;
const start = (request: Partial<UpstreamRequest> = {}) => operationFor(fal, { ...plain, ...request });
const poll = (operation: Operation) => pollOf(fal, operation);

function submitted(): { path: string; body: Record<string, unknown> }[] {
  return server.seen('start').map(({ path, body }) => ({ path, body: JSON.parse(String(body)) }));
}

test.each<[Partial<UpstreamRequest>, string, Record<string, unknown>]>([
  [{}, '/fal-ai/nano-banana', {}],
  [{ aspectRatio: '16:9', seed: 7 }, '/fal-ai/nano-banana', { aspect_ratio: '16:9', seed: 7 }],
  [{ inputs: [smallPicture] }, '/fal-ai/nano-banana/edit', { aspect_ratio: 'auto', image_urls: [image] }],
  [
    { model: 'fal-ai/nano-banana/edit', inputs: [smallPicture, smallPicture], aspectRatio: '3:4' },
    '/fal-ai/nano-banana/edit',
    { aspect_ratio: '3:4', image_urls: [image, image] },
  ],
  [{ model: 'fal-ai/nano-banana/edit' }, '/fal-ai/nano-banana', {}],
  [
    { model: 'fal-ai/nano-banana-2', imageSize: '512', aspectRatio: '8:1' },
    '/fal-ai/nano-banana-2',
    { aspect_ratio: '8:1', resolution: '0.5K' },
  ],
  [
    { model: 'fal-ai/nano-banana-pro', imageSize: '4K' },
    '/fal-ai/nano-banana-pro',
    { aspect_ratio: 'auto', resolution: '4K' },
  ],
  [
    { model: 'google/nano-banana-2.1', imageSize: '2K', inputs: [smallPicture] },
    '/google/nano-banana-2.1/edit',
    { aspect_ratio: 'auto', resolution: '2K', image_urls: [image] },
  ],
  [{ count: 3 }, '/fal-ai/nano-banana', { num_images: 3 }],
  [
    { model: 'google/nano-banana-2-lite', aspectRatio: '1:8' },
    '/google/nano-banana-2-lite',
    { aspect_ratio: '1:8' },
  ],
])('the request %o goes to %s', async (request, path, body) => {
  const { operation, warnings } = await start(request);
  expect(submitted()).toEqual([
    { path, body: { prompt: secretPrompt, num_images: 1, output_format: 'png', ...body } },
  ]);
  expect(operation).toEqual({
    model: path.replace('/edit', '').slice(1),
    requestId: expect.stringMatching(/^[\w-]{36}$/),
  });
  expect(warnings).toEqual([]);
});

test('an operation is asked after by its app alone, waits in the queue, is worked on and ends with its picture', async () => {
  const { operation } = await start({ inputs: [smallPicture] });
  server.states.push(queued, inProgress);
  expect(await poll(operation)).toEqual({});
  expect(await poll(operation)).toEqual({});
  expect(await poll(operation)).toEqual({ pictures: [smallPng], description: 'A plantain.', warnings: [] });
  const operationPath = `/fal-ai/nano-banana/requests/${operation['requestId']}`;
  expect(server.seen('poll').map(({ path }) => path)).toEqual([
    `${operationPath}/status`,
    `${operationPath}/status`,
    `${operationPath}/status`,
    operationPath,
  ]);
});

test('cancelling asks for it once, and an operation that has ended or is gone needs no more', async () => {
  const { operation } = await start();
  const { signal } = new AbortController();
  await fal.cancel?.(operation, signal);
  expect(server.cancels.map(({ method, path }) => [method, path])).toEqual([
    ['PUT', `/fal-ai/nano-banana/requests/${operation['requestId']}/cancel`],
  ]);
  await fal.cancel?.({ model: 'fal-ai/nano-banana', requestId: 'never-was' }, signal);
  const stranger = server.create({ key: 'wrong' });
  await expect(stranger.cancel?.(operation, signal)).rejects.toMatchObject({
    failure: { type: 'upstream_auth' },
  });
});

test('a check shows that the key is taken, or that it is not, and makes no operation', async () => {
  const { signal } = new AbortController();
  expect(await fal.check(signal)).toBe('fal answered and took the key.');
  const stranger = server.create({ key: 'wrong' });
  expect(await failureOf(stranger.check(signal))).toMatchObject({ type: 'upstream_auth', retryable: false });
  const other = await startLoopback(() => ({ status: 404, body: '<h1>Not Found</h1>' }));
  try {
    const astray = createFal({ apiKey: server.key, baseUrl: other.url, fetchPublic: refuseToFetch });
    expect(await failureOf(astray.check(signal))).toMatchObject({ type: 'upstream_unavailable' });
  } finally {
    await other.close();
  }
  expect(server.seen('start')).toEqual([]);
});

test('a base URL that is none is refused at once', () => {
  expect(() => createFal({ apiKey: 'k', baseUrl: 'not a url', fetchPublic: refuseToFetch })).toThrow(
    TypeError,
  );
});

test('every model with a price takes exactly the sizes that have one, and an unknown model the least', () => {
  for (const [name, { picture }] of Object.entries(shippedPrices)) {
    if (!name.startsWith('fal/')) continue;
    const sizes = typeof picture === 'object' ? Object.keys(picture) : ['1K'];
    expect(sizes).toEqual(fal.capabilities(`${name.slice('fal/'.length)}/edit`).sizes);
  }
  for (const model of ['some/model', 'constructor', '__proto__'])
    expect(fal.capabilities(model)).toEqual({
      ...capabilitiesOf('no/model'),
      seed: false,
      sizes: ['1K'],
    });
});
