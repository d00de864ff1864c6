import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asMeant } from './meant-answer.ts';

const answerOf = (json: unknown) => ({
  status: 200,
  headers: { 'retry-after': '7' },
  bytes: Buffer.from(JSON.stringify(json) ?? ''),
  json,
});

const exhausted = { code: 429, message: 'Resource has been exhausted', status: 'RESOURCE_EXHAUSTED' };

test.each<[number, unknown]>([
  // Google's form, and its numbers of gRPC.
  [429, { error: exhausted }],
  [400, { error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }],
  [503, { error: { message: 'The model is overloaded.', status: 'UNAVAILABLE' } }],
  [429, { error: { code: 8, message: 'Too much.' } }],
  [403, { error: { code: '403', message: 'No.' } }],
  [429, [{ error: exhausted }]],
  [429, [{ candidates: [] }, { error: exhausted }]],
  // OpenAI's codes, and those of servers that are compatible with it.
  [429, { error: { code: 'rate_limit_exceeded', message: 'Try again in 12s.' } }],
  [429, { error: { code: 'insufficient_quota', message: 'You exceeded your current quota.' } }],
  [401, { error: { code: 'invalid_api_key', type: 'invalid_request_error', message: 'Incorrect.' } }],
  [404, { error: { code: 'model_not_found', message: 'No.' } }],
  [500, { error: { code: null, type: 'server_error', message: 'The server had an error.' } }],
  [400, { error: { code: 'moderation_blocked', message: 'Your request was rejected.' } }],
  [400, { error: { code: 'contentFilter', message: 'No.' } }],
  [402, { error: { type: 'insufficient_balance', message: 'No.' } }],
  [429, { code: 'Throttling.RateQuota', message: 'Requests throttling triggered.' }],
  // Sentences alone.
  [400, { data: [], error: 'blank input' }],
  [429, { error: '429 Too Many Requests' }],
  [429, { error: 'Rate limit reached for images.' }],
  [401, { error: 'Invalid API key' }],
  [500, { error: 'CUDA out of memory' }],
  [504, { error: { message: 'The request timed out.' } }],
  [429, { error: { message: `got status: RESOURCE_EXHAUSTED. {"error":{"code": 429}}` } }],
  // Errors without a member of that name.
  [400, { success: false, message: 'The size is not supported.' }],
  [400, { status: 'failed', msg: 'No.' }],
  [400, { errors: [{ message: 'The size is not supported.' }] }],
])('%i is what is meant by %j', (status, json) => {
  const answer = answerOf(json);
  const meant = asMeant(answer);
  expect(meant).toMatchObject({ status, headers: answer.headers, bytes: answer.bytes });
  expect(meant.json).toMatchObject({ error: { message: expect.stringMatching(/\w/) as string } });
});

test.each<[unknown]>([
  [undefined],
  [null],
  [[]],
  ['error'],
  [{ error: null }],
  [{ error: '' }],
  [{ error: {} }],
  [{ error: { code: 0, message: '' } }],
  [{ data: [], message: 'success', code: 200 }],
  [{ candidates: [], message: 'all is well' }],
])('%j is no error', (json) => {
  const answer = answerOf(json);
  expect(asMeant(answer)).toBe(answer);
});

test('an error status stays as it is', () => {
  const answer = { ...answerOf({ error: exhausted }), status: 500 };
  expect(asMeant(answer)).toBe(answer);
});

test('a status that is no word is none', () => {
  for (const status of [{ toString: 0 }, [{ valueOf: null, toString: null }], { valueOf: 'x' }])
    expect(asMeant(answerOf({ status })).status).toBe(200);
});

test('whatever the body holds, the status is that of an error or the same', () => {
  const member = fc.oneof(
    fc.constantFrom<unknown>(exhausted, 'x'.repeat(100_000), 0, null, [], {}),
    fc.jsonValue(),
  );
  const names = ['error', 'errors', 'message', 'code', 'status', 'success'];
  const bodies = fc.dictionary(fc.constantFrom(...names), member);
  fc.assert(
    fc.property(fc.oneof(bodies, fc.array(bodies), fc.jsonValue()), (json) => {
      const { status } = asMeant(answerOf(json));
      expect(status === 200 || (status >= 400 && status < 600)).toBe(true);
    }),
  );
});
