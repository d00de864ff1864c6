// Answers that are there although they do not have fal's own form: what was paid for is taken out of them.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TaskFailure } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import { contextOf, failureOf, operationFor, pollOf, taskErrorOf } from '../faults.fixture.ts';
import type { Reply } from '../loopback.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { openFal, plain } from './fal.fixture.ts';
import type { OpenFal } from './fal.fixture.ts';

let server: OpenFal;
let fal: Upstream;
beforeEach(async () => {
  server = await openFal();
  fal = server.create();
});
afterEach(() => server.close());

const start = async () => (await operationFor(fal, plain)).operation;

async function resultOf(body: unknown, status = 200) {
  server.answer('poll', { status, body });
  return await pollOf(fal, await start());
}

async function failureIn(body: unknown, status = 200): Promise<TaskFailure> {
  const ended = await resultOf(body, status);
  if (!('failure' in ended)) throw new Error('The operation has not failed.');
  return ended.failure;
}

test.each([
  (link: string) => ({ image: { url: link } }),
  (link: string) => ({ images: [{ url: link }] }),
  (link: string) => ({ images: [link] }),
  (link: string) => ({ data: { images: [{ url: link }] } }),
  (link: string) => ({ output: link }),
  (link: string) => ({ url: link }),
  (link: string) => ({ payload: { images: [{ url: link }] }, status: 'OK' }),
  (link: string) => ({ images: [{ url: new URL(link).pathname }] }),
  () => ({ images: [{ url: `data:image/png;base64,${smallPng.toString('base64')}` }] }),
  () => ({ images: [smallPng.toString('base64')] }),
])('a picture is taken from where it stands: %s', async (body) => {
  expect(await resultOf(body(server.ownLink!))).toMatchObject({ pictures: [smallPng], warnings: [] });
});

test.each([
  ['{"requestId":"a-1"}', 'a-1'],
  ['{"request_id":17}', '17'],
  ['{"request_id":1234567890123456789}', '1234567890123456789'],
  ['{"data":{"request_id":"a-1"}}', 'a-1'],
  ['\ufeff{"request_id":"a-1"}', 'a-1'],
  ['data: {"request_id":"a-1"}\n\n', 'a-1'],
  ['{"request_id":"a b/c"}', 'a b/c'],
  ['{"response_url":"https://queue.fal.run/fal-ai/nano-banana/requests/a-1"}', 'a-1'],
])('the submit that is answered with %s is followed', async (body, requestId) => {
  server.answer('start', { body });
  const operation = await start();
  expect(operation).toEqual({ model: 'fal-ai/nano-banana', requestId });
  await pollOf(fal, operation);
  expect(server.seen('poll')[0]?.path).toBe(
    `/fal-ai/nano-banana/requests/${encodeURIComponent(requestId)}/status`,
  );
});

const damaged = { images: [{ url: 'data:image/png;base64,@@@@' }] };

test('a damaged picture inside the answer to a submit may have been billed, and the answer is kept', async () => {
  server.answer('start', { body: damaged });
  const { failure, answer } = await taskErrorOf(fal.start(plain, contextOf()));
  expect(failure).toMatchObject({ answered: true, maybeBilled: true, retryable: false });
  expect(failure.message).toMatch(/[^.]\. The call may have been billed\.$/);
  expect(answer?.json).toEqual(damaged);
});

test('a damaged picture inside the result of an operation is kept as it came', async () => {
  server.answer('poll', { body: damaged });
  const { failure, answer } = await taskErrorOf(pollOf(fal, await start()));
  expect(failure).toMatchObject({ answered: true, retryable: false });
  expect(answer?.json).toEqual(damaged);
});

test('a submit that is answered with the picture itself, as fal.run does, is not asked after', async () => {
  server.answer('start', { body: { images: [{ url: server.ownLink }], description: 'A plantain.' } });
  const operation = await start();
  expect(await pollOf(fal, operation)).toMatchObject({ pictures: [smallPng], description: 'A plantain.' });
  expect(server.seen('poll')).toEqual([]);
  const inline = `data:image/png;base64,${smallPng.toString('base64')}`;
  server.answer('start', { body: { images: [{ url: inline }] } });
  expect(await fal.start(plain, contextOf())).toMatchObject({ pictures: [smallPng] });
});

test.each(['completed', 'SUCCEEDED', 'finished', 'OK', 'FAILED'])(
  'an operation that is %s has ended, and its result says how',
  async (status) => {
    server.states.push({ body: { status } });
    expect(await pollOf(fal, await start())).toMatchObject({ pictures: [smallPng] });
  },
);

test('a state that is wrapped in something, or called otherwise, is read', async () => {
  const states = [
    { data: { status: 'COMPLETED' } },
    { state: 'done' },
    [{ status: 'IN_QUEUE' }, { status: 'COMPLETED' }],
  ];
  for (const body of states) {
    server.states.push({ body });
    expect(await pollOf(fal, await start())).toMatchObject({ pictures: [smallPng] });
  }
});

test.each<Reply>([
  { status: 502, body: '<h1>Bad Gateway</h1>' },
  { body: '<h1>Welcome</h1>' },
  { body: { images: [] }, misbehave: 'cut' },
])(
  'a result that can not be had (%j) of an operation that has ended is never made again for that',
  async (reply) => {
    server.answer('poll', reply);
    const { failure } = await taskErrorOf(pollOf(fal, await start()));
    expect(failure).toMatchObject({ retryable: true, answered: true });
  },
);

test.each<Reply>([
  { status: 202, body: { status: 'IN_PROGRESS', request_id: 'a-1' } },
  { status: 400, body: { detail: 'Request is still in progress' } },
])('a result that is not there yet (%j) is asked for again', async (reply) => {
  server.answer('poll', reply);
  const operation = await start();
  expect(await pollOf(fal, operation)).toEqual({});
  server.answer('poll', null);
  expect(await pollOf(fal, operation)).toMatchObject({ pictures: [smallPng] });
});

test('what a model says instead of a picture is quoted', async () => {
  const { message } = await failureIn({ images: [], description: 'I do not draw plantains.' });
  expect(message).toContain('fal said: "I do not draw plantains."');
});

test('an operation that the queue calls failed, and whose result says nothing, failed for what the queue says', async () => {
  server.states.push({ body: { status: 'ERROR', error: 'The runner went away.' } });
  const failure = await failureIn({});
  expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true, maybeBilled: true });
  expect(failure.message).toContain('fal said: "The runner went away."');
});

test.each<[Partial<TaskFailure>, unknown]>([
  [{ type: 'upstream_billing' }, { detail: 'User is locked. Reason: Exhausted balance.' }],
  [{ type: 'upstream_auth' }, { detail: 'No user found for Key ID and Secret' }],
  [{ type: 'upstream_rate_limited' }, { error: { message: 'Too many requests', code: 429 } }],
  [{ type: 'upstream_billing' }, { title: 'Insufficient credit', detail: 'Add credit.', status: 402 }],
  [{ type: 'upstream_bad_request' }, { error: 'blank input' }],
  [{ type: 'content_rejected' }, { detail: 'Content policy violation' }],
])('a submit of status 200 is an error (%o) that says so: %j', async (expected, body) => {
  server.answer('start', { body });
  const failure = await failureOf(start());
  expect(failure).toMatchObject(expected);
  expect(failure.message).toContain('fal said: "');
  expect(failure).not.toHaveProperty('maybeBilled');
  expect(failure).not.toHaveProperty('answered');
});

test.each<[unknown, number]>([
  [{ detail: 'Content policy violation' }, 422],
  [{ detail: 'The content was flagged by a content checker.' }, 422],
  [{ detail: ['NSFW content detected'] }, 422],
  [{ detail: { msg: 'NSFW content detected' } }, 422],
  [{ detail: { error: { message: 'The prompt was blocked by our safety system.' } } }, 422],
  [{ detail: [{ loc: ['body'], msg: 'flagged', type: 'content_policy_violation' }] }, 422],
  [{ error: { message: 'Content policy violation', type: 'invalid_request_error' } }, 422],
  [{ message: 'The request was rejected for safety reasons.' }, 400],
  [{ error: 'NSFW content detected' }, 200],
])('the result %j (%i) is content refused, which may be billed', async (body, status) => {
  expect(await failureIn(body, status)).toMatchObject({
    type: 'content_rejected',
    retryable: false,
    maybeBilled: true,
  });
});

test.each(['safety_tolerance must be between 0 and 6', "Unknown parameter: 'enable_safety_checker'."])(
  'the words %j are about a parameter',
  async (detail) => {
    expect(await failureIn({ detail }, 422)).toMatchObject({ type: 'upstream_bad_request' });
  },
);

test('a result whose only picture the filter found unsafe is content refused, and its black picture is left there', async () => {
  const body = { images: [{ url: server.ownLink }], has_nsfw_concepts: [true] };
  expect(await failureIn(body)).toMatchObject({
    type: 'content_rejected',
    retryable: false,
    maybeBilled: true,
    upstreamReason: 'nsfw',
  });
  expect(server.seen('download')).toEqual([]);
});

test('of several pictures the unsafe ones are left out, with a warning', async () => {
  const images = [{ url: server.ownLink }, { url: server.ownLink }];
  expect(await resultOf({ images, has_nsfw_concepts: [true, false] })).toMatchObject({
    pictures: [smallPng],
    warnings: ['Of 2 pictures, 1 was left out: the filter of fal found it unsafe.'],
  });
});

test('a picture that stands there in a form that nobody knows is kept for the operator, and not made again', async () => {
  const body = { images: [{ id: 'file-7Rq' }] };
  const ended = await resultOf(body);
  expect(ended).toMatchObject({
    failure: { type: 'upstream_unavailable', answered: true, maybeBilled: true },
    answer: { status: 200, bytes: Buffer.from(JSON.stringify(body)) },
  });
});

test.each<Reply>([{ body: { detail: 'Try again.' } }, { body: '<h1>Welcome</h1>' }])(
  'a question that is answered with %j is trouble in asking',
  async (reply) => {
    const operation: Operation = await start();
    server.states.push(reply);
    const { failure } = await taskErrorOf(pollOf(fal, operation));
    expect(failure).not.toHaveProperty('answered');
    expect(await pollOf(fal, operation)).toMatchObject({ pictures: [smallPng] });
  },
);

test('what fal says of charging is believed', async () => {
  const detail = 'Content policy violation. You will not be charged for this request.';
  expect(await failureIn({ detail }, 422)).not.toHaveProperty('maybeBilled');
  server.states.push({
    body: { status: 'FAILED', error: 'NSFW content detected, no credits were deducted.' },
  });
  const failure = await failureIn({});
  expect(failure).toMatchObject({ type: 'content_rejected', retryable: false });
  expect(failure).not.toHaveProperty('maybeBilled');
});
