import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type { Upstream, UpstreamRequest } from '../../core/upstreams/upstream.ts';
import type { Reply } from '../loopback.fixture.ts';
import { failureOf, operationFor, pollOf, secretPrompt, taskErrorOf } from '../faults.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { falHarness, objection, openFal, plain } from './fal.fixture.ts';
import type { OpenFal } from './fal.fixture.ts';

let server: OpenFal;
let fal: Upstream;
beforeEach(async () => {
  server = await openFal();
  fal = server.create();
});
afterEach(() => server.close());

const start = async (request: Partial<UpstreamRequest> = {}, by = fal) =>
  (await operationFor(by, { ...plain, ...request })).operation;
const poll = (operation: Operation) => pollOf(fal, operation);

/** How an operation ends whose result is this answer. */
async function endingWith(reply: Reply): Promise<TaskFailure | undefined> {
  server.answer('poll', reply);
  const ended = await poll(await start());
  return 'failure' in ended ? ended.failure : undefined;
}

test.each<[string, Partial<TaskFailure>]>([
  ['content refused', { type: 'content_rejected', retryable: false, maybeBilled: true }],
  ['bad request', { type: 'upstream_bad_request', retryable: false }],
  ['internal error', { type: 'upstream_unavailable', retryable: true }],
  ['overloaded', { type: 'upstream_unavailable', retryable: true }],
])('an operation that ends with "%s" has ended for good', async (name, expected) => {
  const failure = await endingWith(falHarness.refusals[name as 'bad request']);
  expect(failure).toMatchObject(expected);
  expect(failure).not.toHaveProperty('unknownOutcome');
  if (expected.maybeBilled === undefined) expect(failure).not.toHaveProperty('maybeBilled');
});

test('words of the model that no media came of it are a picture missing, which may have been billed', async () => {
  const body = objection('no_media_generated', 'The model did not generate the expected output.');
  expect(await endingWith({ status: 422, body })).toMatchObject({
    type: 'no_image',
    retryable: true,
    upstreamReason: '422 no_media_generated',
    maybeBilled: true,
  });
});

test('where fal says how much it bills for a failure, that goes before what is usual', async () => {
  const { status = 0, body } = falHarness.refusals['content refused'];
  const free = await endingWith({ status, body, headers: { 'x-fal-billable-units': '0' } });
  expect(free).not.toHaveProperty('maybeBilled');
  const { body: crash } = falHarness.refusals['internal error'];
  const paid = await endingWith({ status: 500, body: crash, headers: { 'x-fal-billable-units': '1' } });
  expect(paid).toMatchObject({ type: 'upstream_unavailable', maybeBilled: true });
});

test('a failing service behind fal, which comes as 400, is not taken for a fault of the request', async () => {
  const body = objection('downstream_service_error', 'Downstream service error');
  expect(await endingWith({ status: 400, body })).toMatchObject({
    type: 'upstream_unavailable',
    retryable: true,
  });
});

test('a path that the app does not have is a model that fal does not know', async () => {
  const failure = await endingWith({ status: 404, body: { detail: 'Path /edit not found' } });
  expect(failure).toMatchObject({ type: 'upstream_bad_request', retryable: false, modelUnknown: true });
});

test.each([{ status: 'NOT_FOUND' }, '<h1>Not Found</h1>'])(
  'an operation whose result is gone (%j) may have been paid for',
  async (body) => {
    const gone = { type: 'upstream_unavailable', retryable: true, maybeBilled: true, unknownOutcome: true };
    expect(await endingWith({ status: 404, body })).toMatchObject(gone);
  },
);

test('an operation that the queue does not know is gone', async () => {
  const ended = await poll({ model: 'fal-ai/nano-banana', requestId: 'never-was' });
  expect(ended).toMatchObject({
    failure: { type: 'upstream_unavailable', retryable: true, maybeBilled: true, unknownOutcome: true },
  });
});

test('a model that crashed without a word of its own has ended', async () => {
  expect(await endingWith({ status: 500, body: 'Internal Server Error' })).toMatchObject({
    type: 'upstream_unavailable',
    retryable: true,
  });
});

test.each<[string, Reply, Partial<TaskFailure>]>([
  ['a gateway fails', { status: 502, body: '<h1>Bad Gateway</h1>' }, { type: 'upstream_unavailable' }],
  [
    'the rate is too high',
    { status: 429, body: {}, headers: { 'retry-after': '2' } },
    { retryAfterMs: 2000 },
  ],
  ['the key is refused', falHarness.refusals['key refused'], { type: 'upstream_auth', retryable: false }],
  ['the answer is a page', { body: '<h1>Welcome</h1>' }, { type: 'upstream_unavailable', retryable: true }],
  ['the answer is cut', { body: { images: [] }, misbehave: 'cut' }, { type: 'upstream_unavailable' }],
])(
  'when %s, the operation is not lost: asked again, it brings its picture',
  async (_what, reply, expected) => {
    const operation = await start();
    server.states.push(reply);
    const onState = await failureOf(poll(operation));
    server.answer('poll', reply);
    const onResult = await failureOf(poll(operation));
    for (const failure of [onState, onResult]) {
      expect(failure).toMatchObject(expected);
      expect(failure).not.toHaveProperty('maybeBilled');
      expect(failure).not.toHaveProperty('unknownOutcome');
    }
    server.answer('poll', null);
    expect(await poll(operation)).toMatchObject({ pictures: [smallPng] });
  },
);

test('an operation in a state that nobody has heard of goes on', async () => {
  const operation = await start();
  server.states.push({ body: { status: 'MEDITATING' } });
  expect(await poll(operation)).toEqual({});
});

test.each<[string, Partial<TaskFailure>]>([
  ['rate limit with a delay', { type: 'upstream_rate_limited', retryable: true, retryAfterMs: 7000 }],
  ['rate limit without a delay', { type: 'upstream_rate_limited', retryable: true }],
  ['no credit', { type: 'upstream_billing', retryable: false }],
  ['key refused', { type: 'upstream_auth', retryable: false }],
  ['key without the right', { type: 'upstream_auth', retryable: false }],
  ['model unknown', { type: 'upstream_bad_request', retryable: false, modelUnknown: true }],
])('submitting is refused with "%s", and nothing is billed', async (name, expected) => {
  server.answer('start', falHarness.refusals[name as 'no credit']);
  const failure = await failureOf(start());
  expect(failure).toMatchObject(expected);
  expect(failure).not.toHaveProperty('maybeBilled');
});

test.each<Reply>([
  { body: '<h1>Welcome</h1>' },
  { body: {} },
  { body: { request_id: '..' } },
  { body: { request_id: 'x'.repeat(201) } },
  { body: { status: 'IN_QUEUE', queue_position: 0 } },
])(
  'a submission that is answered with %j may have become an operation, and the answer is kept',
  async (reply) => {
    server.answer('start', reply);
    const { failure, answer } = await taskErrorOf(start());
    expect(failure).toMatchObject({ type: 'upstream_unavailable', maybeBilled: true, answered: true });
    expect(failure).not.toHaveProperty('unknownOutcome');
    const sent = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
    expect(answer).toMatchObject({ status: 200, bytes: Buffer.from(sent) });
  },
);

test.each([
  'nano-banana',
  '',
  'fal-ai/',
  '/fal-ai/nano-banana',
  'fal-ai/..',
  'fal-ai/nano banana',
  'a/b?c=d',
])('the model name %j is refused before anything is sent', async (model) => {
  expect(await failureOf(start({ model }))).toMatchObject({
    type: 'upstream_bad_request',
    modelUnknown: true,
  });
  expect(server.seen('start')).toEqual([]);
});

test('neither half of the key nor the prompt comes back out of the state of an operation that repeats them', async () => {
  const operation = await start();
  const detail = `You sent ${secretPrompt} with Key ${server.key.split(':').join(' and ')}`;
  server.states.push({ status: 400, body: { detail } });
  const failure = await failureOf(poll(operation));
  expect(failure.message).toContain('You sent [removed] with Key [removed] and [removed]');
});

test('a gateway that fails and asks for patience gets it, as a question costs nothing', async () => {
  const operation = await start();
  const reply = { status: 503, body: '<h1>Busy</h1>', headers: { 'retry-after': '4' } };
  server.states.push(reply);
  expect(await failureOf(poll(operation))).toMatchObject({ retryAfterMs: 4000 });
  server.answer('poll', reply);
  expect(await failureOf(poll(operation))).toMatchObject({ retryAfterMs: 4000 });
});

test.each([
  ['..', 0],
  ['', 0],
  ['a/../../account', 2],
  ['a?b#c', 2],
])(
  'an operation by the absurd name %j is asked after nowhere else than below its app',
  async (requestId, calls) => {
    await pollOf(fal, { model: 'fal-ai/nano-banana', requestId }).catch(() => null);
    await fal
      .cancel?.({ model: 'fal-ai/nano-banana', requestId }, AbortSignal.timeout(5000))
      .catch(() => null);
    const asked = [...server.seen('poll'), ...server.cancels];
    expect(asked).toHaveLength(calls);
    for (const { path } of asked)
      expect(path).toMatch(/^\/fal-ai\/nano-banana\/requests\/[\w.%-]+\/(status|cancel)$/);
  },
);

test('a time-out of the settings ends a submission that hangs, and it may have become an operation', async () => {
  server.answer('start', { body: 'never', misbehave: 'hang after headers' });
  expect(await failureOf(start({}, server.create({ timeoutMs: 150 })))).toMatchObject({
    upstreamReason: 'timeout',
    maybeBilled: true,
    unknownOutcome: true,
  });
});

test('whatever JSON the result is, the operation ends, or asking it failed', async () => {
  const operation = await start();
  const junk = fc.jsonValue();
  const images = fc.oneof(junk, fc.array(fc.oneof(junk, fc.record({ url: junk }))));
  const detail = fc.oneof(junk, fc.array(fc.oneof(junk, fc.record({ msg: junk, type: junk }))));
  const body = fc.oneof(junk, fc.record({ images, description: junk, detail, error_type: junk }));
  await fc.assert(
    fc.asyncProperty(body, fc.constantFrom(200, 400, 422, 500), async (answer, status) => {
      server.answer('poll', { status, body: JSON.stringify(answer) });
      const outcome: unknown = await poll(operation).catch((error: unknown) => error);
      expect(outcome instanceof TaskError || Object.hasOwn(outcome as object, 'failure')).toBe(true);
    }),
    { numRuns: 150 },
  );
});
