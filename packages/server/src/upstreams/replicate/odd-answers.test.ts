// Answers that are there although they do not have Replicate's own form: what was paid for is taken out of them.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TaskFailure } from '../../core/errors.ts';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import { failureOf, operationFor, pollOf, taskErrorOf } from '../faults.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { failed, openReplicate, plain, predictionOf } from './replicate.fixture.ts';
import type { OpenReplicate } from './replicate.fixture.ts';

let server: OpenReplicate;
let replicate: Upstream;
beforeEach(async () => {
  server = await openReplicate();
  replicate = server.create();
});
afterEach(() => server.close());

const start = async () => (await operationFor(replicate, plain)).operation;

async function found(body: unknown) {
  server.answer('poll', { body });
  return await pollOf(replicate, await start());
}

async function failureIn(body: unknown): Promise<TaskFailure> {
  const ended = await found(body);
  if (!('failure' in ended)) throw new Error('The prediction has not failed.');
  return ended.failure;
}

const link = () => server.ownLink!;

test.each([
  () => ({ image: link() }),
  () => [{ url: link() }],
  () => ({ url: link() }),
  () => ({ images: [link()] }),
  () => ({ images: [{ image: { url: link() } }], seed: 7 }),
  () => ({ result: { output: link() } }),
  () => new URL(link()).pathname,
  () => JSON.stringify([link()]),
  () => smallPng.toString('base64'),
])('a picture is taken from where it stands in the output: %s', async (output) => {
  expect(await found(predictionOf({ status: 'succeeded', output: output() }))).toEqual({
    pictures: [smallPng],
    description: '',
    warnings: [],
  });
});

test.each(['SUCCEEDED', 'successful', 'Completed'])(
  'a prediction that is %s has succeeded',
  async (status) => {
    expect(await found(predictionOf({ status, output: link() }))).toMatchObject({ pictures: [smallPng] });
  },
);

test('a prediction that is wrapped in something is read', async () => {
  const prediction = predictionOf({ status: 'succeeded', output: link() });
  for (const body of [
    { data: prediction },
    { prediction },
    [prediction],
    { task: { state: 'done', url: link() } },
  ])
    expect(await found(body)).toMatchObject({ pictures: [smallPng] });
});

test('links of the prediction and pictures of its input are none of its output', async () => {
  const urls = { get: link(), stream: link(), web: link() };
  const input = { image_input: [link()] };
  expect(await failureIn(predictionOf({ status: 'succeeded', urls, input }))).toMatchObject({
    type: 'no_image',
  });
});

test.each([
  ['{"id":17}', '17'],
  ['{"id":1234567890123456789}', '1234567890123456789'],
  ['{"prediction":{"id":"a-1"}}', 'a-1'],
  ['{"id":"a/b"}', 'a/b'],
  ['{"urls":{"get":"https://api.replicate.com/v1/predictions/a-1"}}', 'a-1'],
])('the prediction %s is followed', async (body, id) => {
  server.answer('start', { status: 201, body });
  const operation = await start();
  expect(operation).toEqual({ id });
  await pollOf(replicate, operation);
  const [asked] = [...server.seen('poll'), ...server.others];
  expect(asked?.path).toBe(`/v1/predictions/${encodeURIComponent(id)}`);
});

test.each<[Partial<TaskFailure>, number, unknown]>([
  [{ type: 'upstream_billing' }, 201, { title: 'Insufficient credit', detail: 'Add credit.', status: 402 }],
  [{ type: 'upstream_auth' }, 200, { title: 'Unauthenticated', detail: 'No valid token.', status: 401 }],
  [{ type: 'upstream_rate_limited' }, 200, { detail: 'Request was throttled. Too many requests.' }],
  [{ type: 'upstream_rate_limited' }, 200, { error: { code: 429, message: 'Slow down.' } }],
  [{ type: 'upstream_bad_request' }, 200, { error: 'blank input' }],
  [{ type: 'content_rejected' }, 422, { detail: 'The prompt was flagged by our safety system.' }],
  [{ type: 'upstream_bad_request' }, 422, { detail: 'safety_tolerance must be between 0 and 6' }],
])(
  'a prediction is refused (%o) by an answer of status %i that says so: %j',
  async (expected, status, body) => {
    server.answer('start', { status, body });
    const failure = await failureOf(start());
    expect(failure).toMatchObject(expected);
    expect(failure.message).toContain('Replicate said: "');
    expect(failure).not.toHaveProperty('maybeBilled');
    expect(failure).not.toHaveProperty('answered');
  },
);

test('an error in the place of the prediction is trouble in asking, and is quoted', async () => {
  const operation = await start();
  server.answer('poll', { body: { detail: 'The server is busy.' } });
  const { failure } = await taskErrorOf(pollOf(replicate, operation));
  expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true });
  expect(failure.message).toContain('Replicate said: "The server is busy."');
  server.answer('poll', null);
  expect(await pollOf(replicate, operation)).toMatchObject({ pictures: [smallPng] });
});

test.each([
  'safety_tolerance must be between 0 and 6',
  'safety_filter_level: Input should be one of block_low_and_above, block_only_high',
  "Unknown parameter: 'disable_safety_checker'",
  'moderation must be one of: auto, low',
])('the error %j is about the request, and not about its content', async (error) => {
  expect(await failureIn(failed(error).body)).toMatchObject({
    type: 'upstream_bad_request',
    retryable: false,
  });
});

test.each([
  { message: 'NSFW content detected' },
  { detail: 'NSFW content detected' },
  ['NSFW content detected'],
])('the error %j is read in its own form', async (error) => {
  expect(await failureIn(predictionOf({ status: 'failed', error }))).toMatchObject({
    type: 'content_rejected',
  });
});

test('a picture of a prediction that failed behind it is taken, unless its content was refused', async () => {
  const ended = predictionOf({ status: 'failed', output: link(), error: 'The webhook failed.' });
  expect(await found(ended)).toMatchObject({ pictures: [smallPng] });
  const refused = predictionOf({ status: 'failed', output: link(), error: 'NSFW content detected' });
  expect(await failureIn(refused)).toMatchObject({ type: 'content_rejected' });
});

test.each(['I do not draw plantains.', ['I do not ', 'draw plantains.']])(
  'words in the place of a picture (%j) are quoted',
  async (output) => {
    const { type, message } = await failureIn(predictionOf({ status: 'succeeded', output }));
    expect(type).toBe('no_image');
    expect(message).toContain('Replicate said: "I do not draw plantains."');
  },
);

test('success without output and with an error is what the error says', async () => {
  const prediction = predictionOf({ status: 'succeeded', error: 'NSFW content detected' });
  expect(await failureIn(prediction)).toMatchObject({ type: 'content_rejected', maybeBilled: true });
});

test.each([
  { output: ['https://files.example/black.png'], has_nsfw_concepts: [true] },
  { output: { images: ['https://files.example/black.png'], nsfw_content_detected: [true] } },
  { output: [{ url: 'https://files.example/black.png', nsfw: true }] },
])('%j is content refused, and its black picture is left there', async (members) => {
  expect(await failureIn(predictionOf({ status: 'succeeded', ...members }))).toMatchObject({
    type: 'content_rejected',
    retryable: false,
    maybeBilled: true,
  });
});

test('output in a form that nobody knows is kept for the operator, and not made again', async () => {
  const body = predictionOf({ status: 'succeeded', output: { images: [{ id: 'file-7Rq' }] } });
  expect(await found(body)).toMatchObject({
    failure: { type: 'upstream_unavailable', answered: true, maybeBilled: true },
    answer: { status: 200, bytes: Buffer.from(JSON.stringify(body)) },
  });
});

test('what Replicate says of charging is believed', async () => {
  const error = 'The output was flagged as sensitive (E005). You will not be charged for this prediction.';
  const ran = { metrics: { predict_time: 3.5 } };
  expect(await failureIn(failed(error, ran).body)).not.toHaveProperty('maybeBilled');
});

test.each([
  ['Your rate limit resets in ~7s.', 7_000],
  ['{"error":{"code":429,"details":[{"retryDelay":"3.2s"}]}}', 3_200],
  ['Please retry in 7h12m3s.', 25_923_000],
])('a delay that stands in the words %j is kept to', async (detail, retryAfterMs) => {
  server.answer('start', { status: 429, body: { title: 'Request was throttled', detail } });
  expect(await failureOf(start())).toMatchObject({ type: 'upstream_rate_limited', retryAfterMs });
});
