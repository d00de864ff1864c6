import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { beforeAll, expect, test, vi } from 'vitest';
import { TaskError } from '../../../core/errors.ts';
import { fitRequest } from '../../../core/models/capabilities.ts';
import { createQuote } from '../../../core/models/quote.ts';
import { afterThisTest } from '../../../lib/ends.fixture.ts';
import { openAiKey, readFields, startOpenAiLoopback } from '../../../upstreams/openai/openai.fixture.ts';
import { smallPng } from '../../../upstreams/png.fixture.ts';
import { handMade } from '../../routes/tasks/following.fixture.ts';
import { adminKey, startServer, statusPath, type TestServer } from '../../server.fixture.ts';

const { begins, upstream } = handMade();
const capabilities = { ratios: 'any', sizes: ['1K'], maxInputs: 9, seed: true, partialImages: true } as const;
let server: TestServer;
let openai: OpenAI;
beforeAll(async () => {
  server = await startServer({}, { upstream: { ...upstream, capabilities: () => capabilities } });
  openai = new OpenAI({ apiKey: adminKey, baseURL: `${server.url}/openai/v1`, maxRetries: 0 });
});

/** Begins a stream; gives it, and the call for its task. */
async function begin(
  prompt: string,
  more: { n?: number; partial_images?: number; output_format?: 'webp' } = {},
) {
  const begun = begins(prompt);
  const ask = { prompt, stream: true, partial_images: 2, ...more } as const;
  const arrived = Promise.withResolvers<ServerResponse>();
  const look = (message: unknown) => arrived.resolve((message as { response: ServerResponse }).response);
  subscribe('http.server.request.start', look);
  const { data: stream, response: answer } = await openai.images.generate(ask).withResponse();
  unsubscribe('http.server.request.start', look);
  const id = answer.headers.get('x-plantain-task-id') ?? '';
  const call = await begun;
  return { stream, events: stream[Symbol.asyncIterator](), call, id, response: await arrived.promise };
}
const whole = { bytes: smallPng };

/** The rest of a stream, in short. */
async function restOf(stream: AsyncIterable<OpenAI.ImageGenStreamEvent>) {
  const events: (number | string)[] = [];
  for await (const event of stream)
    events.push('partial_image_index' in event ? event.partial_image_index : event.type);
  return events;
}

test('partial images come as they are made, and are no part of the task', async () => {
  const { events, call, id } = await begin('x');
  call.onPartialImage?.({ index: 0, ...whole });
  expect((await events.next()).value).toEqual({
    type: 'image_generation.partial_image',
    b64_json: smallPng.toString('base64'),
    partial_image_index: 0,
    created_at: expect.closeTo(Date.now() / 1000, -2) as number,
    size: '16x16',
    quality: 'auto',
    background: 'auto',
    output_format: 'png',
  });
  const running = await server.task(id);
  expect(running.state).toBe('running');
  expect(JSON.stringify(running)).not.toMatch(/partial|\.png/);
  call.finish();
  expect((await events.next()).value).toMatchObject({
    type: 'image_generation.completed',
    quality: 'auto',
    background: 'auto',
  });
  expect((await server.task(id)).image_details).toHaveLength(1);
  const listed = await server.call(`${statusPath}/${id}/request`);
  expect(listed.text).not.toContain('partial');
  expect(globSync('**/partial-images/**', { cwd: join(server.directory, 'pictures') })).toEqual([]);
});

test('one that is no picture, or none that is taken, is dropped, and the next comes', async () => {
  const { stream, call } = await begin('odd');
  for (const bytes of [
    Buffer.from('<html>'),
    Buffer.alloc(0),
    smallPng.subarray(0, 60),
    Buffer.alloc(25 * 2 ** 20),
  ])
    call.onPartialImage?.({ index: 0, bytes });
  call.onPartialImage?.({ index: 1, ...whole });
  const events = stream[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ partial_image_index: 1 });
  call.finish();
  expect(await restOf({ [Symbol.asyncIterator]: () => events })).toEqual(['image_generation.completed']);
});

test('a retry begins anew, and what still comes of the failed call is not sent', async () => {
  const { events, call } = await begin('twice');
  call.onPartialImage?.({ index: 0, ...whole });
  expect((await events.next()).value).toMatchObject({ partial_image_index: 0 });
  const again = begins('twice');
  call.fail(new TaskError({ type: 'upstream_unavailable', message: 'Busy.', retryable: true }));
  const next = await again;
  next.onPartialImage?.({ index: 0, ...whole });
  expect((await events.next()).value).toMatchObject({ partial_image_index: 0 });
  call.onPartialImage?.({ index: 1, ...whole });
  next.finish();
  expect(await restOf({ [Symbol.asyncIterator]: () => events })).toEqual(['image_generation.completed']);
});

test('a client is given a minute to read from when its picture is converted', async () => {
  const { stream, call } = await begin('slow to convert', { output_format: 'webp' });
  const converted = () => globSync('**/*.webp', { cwd: join(server.directory, 'pictures') }).length;
  const atMinutes: number[] = [];
  const bound = vi.spyOn(ServerResponse.prototype, 'setTimeout').mockImplementation(function (
    this: ServerResponse,
  ) {
    atMinutes.push(converted());
    return this;
  });
  afterThisTest(() => bound.mockRestore());
  call.finish();
  expect(await restOf(stream)).toEqual(['image_generation.completed']);
  expect(atMinutes).toEqual([1]);
});

test('without them in the request, and without a stream, the upstream is asked for none', async () => {
  const none = await begin('none', { partial_images: 0 });
  expect(none.call.onPartialImage).toBeUndefined();
  none.call.finish();
  expect(await restOf(none.stream)).toEqual(['image_generation.completed']);
  const begun = begins('no stream');
  const answer = openai.images.generate({ prompt: 'no stream', partial_images: 2 }).withResponse();
  const call = await begun;
  expect(call.onPartialImage).toBeUndefined();
  call.finish();
  expect((await answer).response.headers.get('x-plantain-warnings')).toContain(
    'partial_images: has no effect without stream',
  );
});

test('a task that failed ends the stream with its error, and asks for none when it is tried again', async () => {
  const { events, call, id } = await begin('refused');
  call.onPartialImage?.({ index: 0, ...whole });
  expect((await events.next()).value).toMatchObject({ partial_image_index: 0 });
  call.fail(new TaskError({ type: 'content_rejected', message: 'No.', retryable: false }));
  await expect(events.next()).rejects.toMatchObject({ code: 'moderation_blocked' });
  const begun = begins('refused');
  expect((await server.call(`${statusPath}/${id}/retry`, { method: 'POST' })).status).toBe(200);
  const again = await begun;
  expect(again.onPartialImage).toBeUndefined();
  again.finish();
});

test('a model that gives none is not asked, and the task is told', () => {
  const asked = { model: 'm', aspectRatio: 'auto', imageSize: '1K', partialImages: 2 } as const;
  expect(fitRequest(asked, { ...capabilities, partialImages: false })).toEqual({
    request: { model: 'm', aspectRatio: 'auto', imageSize: '1K' },
    warnings: ['m gives no partial images; none were asked for.'],
  });
  expect(fitRequest(asked, capabilities)).toEqual({ request: asked, warnings: [] });
});

test('nothing is read of what comes once its client has hung up, and the task goes on', async () => {
  const { stream, call, id, response } = await begin('gone');
  const looked: number[] = [];
  const give = (index: number) =>
    call.onPartialImage?.({
      index,
      get bytes() {
        looked.push(index);
        return smallPng;
      },
    });
  give(0);
  const closed = once(response, 'close');
  stream.controller.abort();
  await closed;
  await nextTurn();
  give(1);
  await nextTurn();
  expect(looked).toEqual([0]);
  call.finish();
  expect(await server.final(id)).toMatchObject({ state: 'succeeded' });
});

test('OpenAI is asked for them, and a model that no upstream gives any of has a warning', async () => {
  const loopback = await startOpenAiLoopback();
  afterThisTest(() => loopback.close());
  const b64_json = smallPng.toString('base64');
  const eventOf = (type: string, more: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, b64_json, ...more })}\n\n`;
  const body =
    eventOf('image_generation.partial_image', { partial_image_index: 0 }) +
    eventOf('image_generation.completed', { usage: { input_tokens: 9, output_tokens: 300 } });
  loopback.answer('start', { headers: { 'content-type': 'text/event-stream' }, body });
  const environment = { OPENAI_BASE_URL: loopback.baseUrl, OPENAI_API_KEY: openAiKey };
  const file =
    'routes:\n  sdxl: [{ upstream: openai, model: sdxl }]\n' +
    'prices: { openai/gpt-image-2: { picture: 0.04, output_image: 30 } }\n';
  const { url, task } = await startServer({}, { environment, file });
  for (const Library of [OpenAI, OpenAI6 as unknown as typeof OpenAI]) {
    const client = new Library({ apiKey: adminKey, baseURL: `${url}/openai/v1`, maxRetries: 0 });
    const ask = { model: 'gpt-image-2', prompt: 'x', stream: true, partial_images: 3 } as const;
    const made: OpenAI.ImageGenStreamEvent[] = [];
    for await (const event of await client.images.generate(ask)) made.push(event);
    expect(made).toMatchObject([
      { type: 'image_generation.partial_image', b64_json },
      { type: 'image_generation.completed', b64_json, usage: { output_tokens: 300 } },
    ]);
    const { response } = await client.images.generate({ ...ask, model: 'sdxl' }).withResponse();
    expect(response.headers.get('x-plantain-warnings')).toContain(
      'partial_images: no upstream of sdxl gives any',
    );
    await response.body?.cancel();
    const estimates = [1, 2].map(async (n) => {
      const { response: answer } = await client.images.generate({ ...ask, n }).withResponse();
      await answer.body?.cancel();
      return (await task(answer.headers.get('x-plantain-task-id') ?? '')).cost?.estimated_micro_usd;
    });
    // It streams one picture alone.
    expect(await Promise.all(estimates)).toEqual([49_000, 80_000]);
  }
  const seen = await Promise.all(loopback.seenAt('start').map(readFields));
  expect(seen[0]).toMatchObject({ stream: true, partial_images: 3 });
  expect(seen.find(({ model }) => model === 'sdxl')).not.toHaveProperty('stream');
});

test('a price by tokens counts 100 of the picture’s for each', () => {
  const quote = createQuote({
    sellingPriceOf: (model) => (model === 'sold' ? 0.5 : undefined),
    targetsOf: () => [{ price: { picture: 0.04, output_image: 30 }, streamsSeveral: true }],
  });
  const ask = { model: 'm', imageSize: '1K', inputs: 0, promptLength: 0, partialImages: 3 } as const;
  expect(quote(ask).estimatedMicroUsd).toBe(49_000);
  expect(quote({ ...ask, count: 2 }).estimatedMicroUsd).toBe(49_000);
  expect(quote({ ...ask, model: 'sold' }).estimatedMicroUsd).toBe(500_000);
});
