import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type { Upstream, UpstreamRequest } from '../../core/upstreams/upstream.ts';
import type { Reply } from '../loopback.fixture.ts';
import { contextOf, failureOf, operationFor, pollOf, taskErrorOf } from '../faults.fixture.ts';
import { smallPicture, smallPng } from '../png.fixture.ts';
import { readPrediction } from './prediction.ts';
import {
  failed,
  openReplicate,
  plain,
  predictionOf,
  problem,
  replicateHarness,
} from './replicate.fixture.ts';
import type { OpenReplicate } from './replicate.fixture.ts';
import { largestInline } from './request.ts';

let server: OpenReplicate;
let replicate: Upstream;
beforeEach(async () => {
  server = await openReplicate();
  replicate = server.create();
});
afterEach(() => server.close());

const start = async (request: Partial<UpstreamRequest> = {}, by = replicate) =>
  (await operationFor(by, { ...plain, ...request })).operation;
const poll = (operation: Operation) => pollOf(replicate, operation);

/** How a prediction ends that is found to be this. */
async function endingWith(reply: Reply): Promise<TaskFailure | undefined> {
  server.answer('poll', reply);
  const ended = await poll(await start());
  return 'failure' in ended ? ended.failure : undefined;
}

const gone = { type: 'upstream_unavailable', retryable: true, maybeBilled: true, unknownOutcome: true };

test.each<[string, Partial<TaskFailure>]>([
  ['rate limit with a delay', { type: 'upstream_rate_limited', retryable: true, retryAfterMs: 7000 }],
  ['rate limit without a delay', { type: 'upstream_rate_limited', retryable: true }],
  ['no credit', { type: 'upstream_billing', retryable: false }],
  ['key refused', { type: 'upstream_auth', retryable: false }],
  ['key without the right', { type: 'upstream_auth', retryable: false }],
  ['bad request', { type: 'upstream_bad_request', retryable: false }],
  ['model unknown', { type: 'upstream_bad_request', retryable: false, modelUnknown: true }],
  ['internal error', { type: 'upstream_unavailable', retryable: true }],
  ['overloaded', { type: 'upstream_unavailable', retryable: true }],
])('a prediction is refused with "%s", and nothing is billed', async (name, expected) => {
  server.answer('start', replicateHarness.refusals[name as 'no credit']);
  const failure = await failureOf(start());
  expect(failure).toMatchObject(expected);
  expect(failure).not.toHaveProperty('maybeBilled');
});

test('a version that Replicate does not know, which comes as 422, is an unknown model', async () => {
  const detail = 'The specified version does not exist (or perhaps you do not have permission to use it?)';
  server.answer('start', problem(422, 'Invalid version or not permitted', detail));
  expect(await failureOf(start())).toMatchObject({ type: 'upstream_bad_request', modelUnknown: true });
});

test('a delay that stands in the body alone is kept to, and the header goes before it', async () => {
  const body = { detail: 'Request was throttled.', status: 429, retry_after: 9 };
  server.answer('start', { status: 429, body });
  expect(await failureOf(start())).toMatchObject({ retryAfterMs: 9000 });
  server.answer('start', { status: 429, body, headers: { 'retry-after': '4' } });
  expect(await failureOf(start())).toMatchObject({ retryAfterMs: 4000 });
});

test.each<Reply>([
  { body: '<h1>Welcome</h1>' },
  { body: {} },
  { body: { id: '..' } },
  { body: { id: null } },
])('a prediction that is answered with %j may have been made, and the answer is kept', async (reply) => {
  server.answer('start', reply);
  const { failure, answer } = await taskErrorOf(start());
  expect(failure).toMatchObject({ type: 'upstream_unavailable', maybeBilled: true, answered: true });
  expect(failure).not.toHaveProperty('unknownOutcome');
  const sent = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  expect(answer).toMatchObject({ status: 200, bytes: Buffer.from(sent) });
});

test('a time-out of the settings ends a request that hangs, and the prediction may have been made', async () => {
  server.answer('start', { body: 'never', misbehave: 'hang after headers' });
  const failure = await failureOf(start({}, server.create({ timeoutMs: 150 })));
  expect(failure).toMatchObject({ ...gone, upstreamReason: 'timeout' });
});

test.each<Reply>([
  { status: 502, body: '<h1>Bad Gateway</h1>' },
  { body: { id: 'f1' }, misbehave: 'cut' },
  { body: '<h1>Welcome</h1>' },
])('an upload that ends in %j is no prediction: none is asked for, and nothing is billed', async (reply) => {
  server.answerUpload(reply);
  const bytes = Buffer.alloc(largestInline + 1);
  const failure = await failureOf(start({ inputs: [{ ...smallPicture, bytes }] }));
  expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true });
  expect(failure).not.toHaveProperty('maybeBilled');
  expect(failure).not.toHaveProperty('unknownOutcome');
  expect(server.seen('start')).toEqual([]);
});

test.each(['nano-banana', '', 'google/', 'google/nano-banana/edit', 'google/..', 'a/b:', 'a/b?c=d', 'a b/c'])(
  'the model name %j is refused before anything is sent',
  async (model) => {
    expect(await failureOf(start({ model }))).toMatchObject({
      type: 'upstream_bad_request',
      modelUnknown: true,
    });
    expect(server.seen('start')).toEqual([]);
  },
);

test.each<[string | null, Partial<TaskFailure>]>([
  [
    'The input or output was flagged as sensitive. Please try again with different inputs. (E005) (uIJ6l3ruRD)',
    { type: 'content_rejected', retryable: false, upstreamReason: 'E005' },
  ],
  ['Content blocked by Google safety filters', { type: 'content_rejected', retryable: false }],
  ['Image moderation failed', { type: 'content_rejected', retryable: false }],
  ['No image was returned by the model', { type: 'no_image', retryable: true }],
  [
    'The input was invalid (E006)',
    { type: 'upstream_bad_request', retryable: false, upstreamReason: 'E006' },
  ],
  [
    'Service is currently unavailable due to high demand. Please try again later. (E003) (x9)',
    { type: 'upstream_unavailable', retryable: true, upstreamReason: 'E003' },
  ],
  ['Prediction interrupted; please retry (code: PA)', { type: 'upstream_unavailable', retryable: true }],
  [null, { type: 'upstream_unavailable', retryable: true, upstreamReason: 'prediction failed' }],
])(
  'a prediction that failed with %j has ended, and is billed only if it used time',
  async (error, expected) => {
    const unbilled = await endingWith(failed(error));
    expect(unbilled).toMatchObject(expected);
    expect(unbilled).not.toHaveProperty('maybeBilled');
    expect(await endingWith(failed(error, { metrics: { predict_time: 3.5 } }))).toMatchObject({
      ...expected,
      maybeBilled: true,
    });
  },
);

test('words of the prompt that an error repeats do not tell why it failed', async () => {
  const prompt = 'a sensitive man in a safety vest, nsfw';
  const { operation } = await operationFor(replicate, { ...plain, prompt });
  server.answer('poll', failed(`Could not run "${prompt}": worker lost`));
  const ended = await pollOf(replicate, operation, contextOf({ prompt }));
  expect(ended).toMatchObject({ failure: { type: 'upstream_unavailable', retryable: true } });
});

test('a gateway that fails and asks for patience gets it, as a question costs nothing', async () => {
  const operation = await start();
  server.answer('poll', { status: 503, body: '<h1>Busy</h1>', headers: { 'retry-after': '4' } });
  const failure = await failureOf(poll(operation));
  expect(failure).toMatchObject({ type: 'upstream_unavailable', retryAfterMs: 4000 });
  expect(failure).not.toHaveProperty('maybeBilled');
});

test.each([
  ['..', 0],
  ['', 0],
  ['../account', 2],
  ['a?b#c', 2],
])(
  'a prediction by the absurd name %j is asked after nowhere else than below the predictions',
  async (id, calls) => {
    await pollOf(replicate, { id }).catch(() => null);
    await replicate.cancel?.({ id }, AbortSignal.timeout(5000)).catch(() => null);
    const asked = [...server.seen('poll'), ...server.others];
    expect(asked).toHaveLength(calls);
    for (const { path } of asked) expect(path).toMatch(/^\/v1\/predictions\/[\w.%-]+(\/cancel)?$/);
  },
);

test.each([
  ['canceled', true],
  ['aborted', undefined],
])('a prediction that was %s there may be tried again', async (status, maybeBilled) => {
  const failure = await endingWith({ body: predictionOf({ status }) });
  expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true, upstreamReason: status });
  expect(failure?.maybeBilled).toBe(maybeBilled);
});

test.each(Object.entries(replicateHarness.withoutPicture))(
  'success with %s is a picture missing, which may have been billed',
  async (_what, reply) => {
    expect(await endingWith(reply)).toMatchObject({ type: 'no_image', retryable: true, maybeBilled: true });
  },
);

test('a prediction, or an output, that Replicate has removed may have been paid for', async () => {
  expect(await poll({ id: 'never-was' })).toMatchObject({ failure: gone });
  const removed = { body: predictionOf({ status: 'succeeded', data_removed: true }) };
  expect(await endingWith(removed)).toMatchObject(gone);
});

test.each<[string, Reply, Partial<TaskFailure>]>([
  ['a gateway fails', { status: 502, body: '<h1>Bad Gateway</h1>' }, { type: 'upstream_unavailable' }],
  [
    'the rate is too high',
    { status: 429, body: {}, headers: { 'retry-after': '2' } },
    { retryAfterMs: 2000 },
  ],
  ['the token is refused', replicateHarness.refusals['key refused'], { type: 'upstream_auth' }],
  ['the answer is a page', { body: '<h1>Welcome</h1>' }, { type: 'upstream_unavailable', retryable: true }],
  ['the answer is cut', { body: predictionOf(), misbehave: 'cut' }, { type: 'upstream_unavailable' }],
])(
  'when %s, the operation is not lost: asked again, it brings its picture',
  async (_what, reply, expected) => {
    const operation = await start();
    server.answer('poll', reply);
    const failure = await failureOf(poll(operation));
    expect(failure).toMatchObject(expected);
    expect(failure).not.toHaveProperty('maybeBilled');
    expect(failure).not.toHaveProperty('unknownOutcome');
    server.answer('poll', null);
    expect(await poll(operation)).toMatchObject({ pictures: [smallPng] });
  },
);

test('a prediction in a state that nobody has heard of goes on', async () => {
  const operation = await start();
  server.answer('poll', { body: predictionOf({ status: 'meditating' }) });
  expect(await poll(operation)).toEqual({});
});

test('whatever JSON a prediction is found to be, it goes on, has ended, or could not be read', () => {
  const junk = fc.jsonValue();
  const status = fc.constantFrom('starting', 'succeeded', 'failed', 'canceled', 'aborted', 'gone');
  const found = fc.record({ status, output: junk, error: junk, metrics: junk, data_removed: junk });
  fc.assert(
    fc.property(fc.oneof(junk, found), (body) => {
      try {
        const answer = { status: 200, headers: {}, bytes: Buffer.from(JSON.stringify(body)), json: body };
        const { kind } = readPrediction(answer, { now: 0, secrets: [], billable: false });
        expect(kind).toMatch(/^(going on|succeeded|ended)$/);
      } catch (error) {
        if (!(error instanceof TaskError)) throw error;
      }
    }),
    { numRuns: 500, examples: [[[[['/']]]]] },
  );
});
