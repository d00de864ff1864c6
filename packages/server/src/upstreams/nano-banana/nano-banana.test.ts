import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { contextOf, pollOf } from '../faults.fixture.ts';
import {
  imagesOf,
  linkPath,
  nanoBananaKey,
  openNanoBanana,
  successReply,
  taskData,
  taskId,
} from './nano-banana.fixture.ts';
import type { NanoBananaLoopback } from './nano-banana.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';
import { createNanoBanana } from './nano-banana.ts';
import type { NanoBananaOptions } from './nano-banana.ts';

const base64Png = smallPng.toString('base64');
const request: UpstreamRequest = {
  action: 'generate',
  model: 'nano-banana-2.1',
  prompt: 'a plantain on a table',
  inputs: [],
  aspectRatio: '16:9',
  imageSize: '2K',
};
const operation = { taskId };

let server: NanoBananaLoopback;
beforeEach(async () => {
  server = await openNanoBanana();
});
afterEach(() => server.close());

function adapter(options: Partial<NanoBananaOptions> = {}) {
  return createNanoBanana({
    apiKey: nanoBananaKey,
    baseUrl: server.url,
    fetchPublic: refuseToFetch,
    ...options,
  });
}

/** Polls the task. */
function poll(options: Partial<NanoBananaOptions> = {}) {
  return pollOf(adapter(options), operation);
}

const bodies = () => server.seen('start').map(({ body }) => JSON.parse(body.toString()) as unknown);

test('a prompt becomes a task, and the task a picture with all that the server says of it', async () => {
  const started = await adapter().start(request, contextOf());
  expect(started).toEqual({ operation: { taskId }, warnings: [] });
  expect(await poll()).toEqual({
    pictures: [smallPng],
    description: 'Here is your picture.',
    warnings: [],
    usage: { input_tokens: 5, output_tokens: 1424, output_image_tokens: 1120, total_tokens: 1429 },
    costMicroUsd: 33_608,
  });
});

describe('what is sent', () => {
  test('is every option of a prompt, with the key as it is and no idempotency key', async () => {
    await adapter().start({ ...request, seed: 0 }, contextOf());
    expect(bodies()).toEqual([
      {
        model: 'nano-banana-2.1',
        prompt: 'a plantain on a table',
        aspect_ratio: '16:9',
        image_size: '2K',
        seed: 0,
      },
    ]);
    const [sent] = server.seen('start');
    expect(sent).toMatchObject({
      method: 'POST',
      path: '/api/gemini/nano-banana',
      headers: { authorization: nanoBananaKey, 'content-type': 'application/json' },
    });
    expect(sent?.headers).not.toHaveProperty('idempotency-key');
  });

  test('is an edit where there are pictures, each a data: URI of its own type', async () => {
    // A view into a larger buffer, of which only the view is to be sent.
    const bytes = Buffer.concat([Buffer.from('##'), smallPng]).subarray(2);
    const inputs = ['image/png', 'image/gif'].map((contentType) => ({
      bytes,
      contentType,
      width: 16,
      height: 16,
    }));
    await adapter().start({ ...request, action: 'edit', inputs, aspectRatio: 'auto' }, contextOf());
    expect(server.seen('start')[0]?.path).toBe('/api/gemini/nano-banana-edit');
    expect(bodies()).toEqual([
      {
        model: 'nano-banana-2.1',
        prompt: 'a plantain on a table',
        image_size: '2K',
        image_urls: [`data:image/png;base64,${base64Png}`, `data:image/gif;base64,${base64Png}`],
      },
    ]);
  });

  test('names no size to a model that has one only', async () => {
    await adapter().start({ ...request, model: 'nano-banana', imageSize: '1K' }, contextOf());
    expect(bodies()).toEqual([
      { model: 'nano-banana', prompt: 'a plantain on a table', aspect_ratio: '16:9' },
    ]);
  });

  test.each([
    ['', ''],
    ['/', ''],
    ['/plantain/', '/plantain'],
  ])('goes below the path of the base URL (%s)', async (path, expected) => {
    const upstream = adapter({ baseUrl: server.url + path });
    await upstream.start(request, contextOf());
    await upstream.poll?.(operation, contextOf());
    await upstream.cancel?.(operation, new AbortController().signal);
    expect(server.all.map((asked) => asked.path)).toEqual([
      `${expected}/api/gemini/nano-banana`,
      `${expected}/api/gemini/nano-banana/${taskId}`,
      linkPath,
      `${expected}/api/gemini/nano-banana/${taskId}/cancel`,
    ]);
  });
});

test('a base URL that is none is refused before anything is asked', () => {
  expect(() => adapter({ baseUrl: 'not a url' })).toThrow(TypeError);
});

test('what a model takes is known by all its names, and of an unknown one anything may be asked', () => {
  const { capabilities } = adapter();
  expect(capabilities('nano-banana')).toMatchObject({ sizes: ['1K'], maxInputs: 14, seed: true });
  expect(capabilities('nano-banana').ratios).toHaveLength(10);
  expect(capabilities('gemini-3-pro-image-preview')).toEqual(capabilities('nano-banana-pro'));
  expect(capabilities('nano-banana-pro')).toMatchObject({ sizes: ['1K', '2K', '4K'] });
  expect(capabilities('nano-banana-pro').ratios).not.toContain('1:8');
  expect(capabilities('Nano-Banana-2.1').ratios).toContain('1:8');
  expect(capabilities('of-tomorrow')).toMatchObject({ ratios: 'any', sizes: ['1K', '2K', '4K'] });
});

test('what the server ignored of a submit is passed on, and so is the delay that it asks for', async () => {
  const warnings = ['"seed": not known here, ignored'];
  server.answer('start', successReply({ task_id: taskId, warnings, poll_after_seconds: 2.5 }));
  expect(await adapter().start(request, contextOf())).toMatchObject({ warnings, pollAfterMs: 2_500 });
});

describe('a task that goes on', () => {
  test.each([
    [taskData('pending'), {}],
    [taskData('running', { progress: 0.25 }), { progress: 0.25 }],
    [taskData('running', { progress: 40 }), { progress: 0.4 }],
    [taskData('running', { progress: '0.5' }), {}],
    [taskData('running', { progress: -1 }), {}],
    [taskData('running', { poll_after_seconds: 3 }), { pollAfterMs: 3_000 }],
    [taskData('running', { poll_after_seconds: -3 }), {}],
    [taskData('waiting for a good day'), {}],
    [{ state: 'running', create_time: 1_777_968_682, data: null, msg: null, usage: [] }, {}],
  ])('%j', async (data, progress) => {
    server.answer('poll', successReply(data));
    expect(await poll()).toEqual(progress);
  });

  test('is left alone as long as the header says, before the member', async () => {
    server.answer(
      'poll',
      successReply(taskData('pending', { poll_after_seconds: 3 }), { 'retry-after': '12' }),
    );
    expect(await poll()).toEqual({ pollAfterMs: 12_000 });
  });
});

describe('the pictures', () => {
  const succeeded = (data: unknown, more = {}) =>
    server.answer('poll', successReply(taskData('succeeded', { data, ...more })));

  test('behind links of the server are fetched without the key', async () => {
    await poll();
    expect(server.seen('download')).toHaveLength(1);
    expect(server.seen('download')[0]?.headers).not.toHaveProperty('authorization');
  });

  test('without a link, and those over the limit, are named in a warning', async () => {
    const links = Array.from({ length: 16 }, () => ({ url: `data:image/png;base64,${base64Png}` }));
    succeeded({ images: [{ file_name: 'lost.png' }, ...links, ...links], description: null });
    const result = await poll();
    expect(result).toMatchObject({ description: '', warnings: ['Of 33 pictures, 17 could not be taken.'] });
    expect('pictures' in result && result.pictures).toHaveLength(16);
  });

  test('come with no more words than are worth keeping, and never with the key', async () => {
    const description = `${'a'.repeat(32_767)}\u{1f34c}`;
    const warnings = [`sent with ${nanoBananaKey}`, ...Array.from({ length: 40 }, () => 'so what')];
    succeeded({ images: [{ url: server.url + linkPath }], description }, { warnings });
    const result = await poll();
    if (!('pictures' in result)) throw new Error('no result');
    expect(result.description).toBe(`${'a'.repeat(32_767)}\ufffd`);
    expect(result.warnings).toHaveLength(21);
    expect(result.warnings[0]).toBe('sent with [removed]');
    expect(result.warnings.at(-1)).toBe('The description was too long and was cut.');
  });

  test('cost and use nothing that is not a count', async () => {
    const usage = {
      input_tokens: 3,
      output_tokens: -1,
      total_tokens: 2.5,
      bananas: 7,
      input_image_tokens: '9',
    };
    succeeded(imagesOf(server.url + linkPath), { usage, cost_micro_usd: -5 });
    const result = await poll();
    expect(result).toMatchObject({ usage: { input_tokens: 3 } });
    expect(result).not.toHaveProperty('costMicroUsd');
  });
});
