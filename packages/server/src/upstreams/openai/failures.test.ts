import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { Reply } from '../loopback.fixture.ts';
import { readAnswer } from './answer.ts';
import { errorFailure } from './failures.ts';
import {
  createOn,
  errorReply,
  imagesReply,
  openAiHarness,
  openAiKey,
  startOpenAiLoopback,
} from './openai.fixture.ts';
import { contextOf, failureOf, requestFor, secretPrompt, taskErrorOf } from '../faults.fixture.ts';
import type { OpenAiLoopback } from './openai.fixture.ts';

let loopback: OpenAiLoopback;
beforeAll(async () => {
  loopback = await startOpenAiLoopback();
});
afterAll(() => loopback.close());

async function failureWith(reply: Reply): Promise<TaskFailure> {
  loopback.answer('start', reply);
  return await failureOf(createOn(loopback).start(requestFor('gpt-image-2'), contextOf()));
}

const answerOf = (json: unknown) => ({ status: 200, headers: {}, bytes: Buffer.alloc(0), json });
const userError = (code: string | null, param = '') =>
  errorReply(400, { message: 'No.', type: 'image_generation_user_error', code, param });
const spent = (code: string, type = 'insufficient_quota', status = 429) =>
  errorReply(status, { message: 'No.', type, code }, { 'retry-after': '5' });
const limited = (message: string, headers?: Record<string, string>) =>
  errorReply(429, { message, type: 'requests', code: 'rate_limit_exceeded' }, headers);

const refused = { type: 'content_rejected', retryable: false } as const;
const billing = { type: 'upstream_billing', retryable: false } as const;
const bad = { type: 'upstream_bad_request', retryable: false } as const;
const unknownModel = { ...bad, modelUnknown: true } as const;
const forbidden = { type: 'upstream_auth', retryable: false, modelUnknown: true } as const;
const quota = { type: 'upstream_quota', retryable: false } as const;
const rate = { type: 'upstream_rate_limited', retryable: true } as const;
const unavailable = { type: 'upstream_unavailable', retryable: true } as const;

const cases: [string, Reply, Partial<TaskFailure>][] = [
  [
    'refused content',
    userError('moderation_blocked'),
    { ...refused, upstreamReason: '400 moderation_blocked' },
  ],
  ['refused content by its old code', userError('content_policy_violation'), refused],
  [
    'a user error without a code',
    userError(null),
    { ...refused, upstreamReason: '400 image_generation_user_error' },
  ],
  [
    'refused content whose code is empty',
    errorReply(400, {
      message: 'Your request was rejected by the safety system. safety_violations=[sexual].',
      type: 'invalid_request_error',
    }),
    refused,
  ],
  [
    "refused content by Azure's code",
    { status: 400, body: { error: { code: 'contentFilter', message: 'Your task failed.' } } },
    { ...refused, upstreamReason: '400 contentFilter' },
  ],
  [
    'refused content in a sentence alone',
    { status: 400, body: { error: 'Generated image rejected by content moderation.' } },
    refused,
  ],
  [
    'refused content by the code of an inner error of Azure',
    {
      status: 400,
      body: {
        error: { code: 'BadRequest', message: 'No.', innererror: { code: 'ResponsibleAIPolicyViolation' } },
      },
    },
    refused,
  ],
  [
    'refused content as xAI says it, with the status of a wrong key',
    {
      status: 403,
      body: {
        code: 'The caller does not have permission to execute the specified operation',
        error:
          'Content violates usage guidelines. Team: 1, API key ID: 2, Failed check: SAFETY_CHECK_TYPE_BIO',
      },
    },
    refused,
  ],
  [
    'refused content inside an error that a gateway quotes',
    {
      status: 500,
      body: {
        error: {
          message:
            'status 400: {"error":{"message":"No.","code":"moderation_blocked","type":"x"}} (request id: 1)',
          type: 'upstream_error',
          code: 'bad_response_status_code',
        },
      },
    },
    { ...refused, upstreamReason: '500 moderation_blocked' },
  ],
  [
    'a member that has to do with safety',
    errorReply(400, {
      message: "Invalid value for 'moderation': must be one of 'auto', 'low'.",
      type: 'image_generation_user_error',
      param: 'moderation',
      code: 'invalid_value',
    }),
    bad,
  ],
  [
    'a model that needs the organization to be verified',
    errorReply(403, {
      message:
        'Your organization must be verified to use the model `gpt-image-2`. Please go to: https://platform.openai.com/settings/organization/general',
      type: 'invalid_request_error',
    }),
    { ...forbidden, message: expect.stringContaining('organization to be verified') as string },
  ],
  [
    'a model that the project has no access to',
    errorReply(403, {
      message: 'Project `proj_1` does not have access to model `gpt-image-2`',
      type: 'invalid_request_error',
      code: 'model_not_found',
    }),
    forbidden,
  ],
  [
    "a model that LiteLLM's key may not use",
    errorReply(401, {
      message: "key not allowed to access model. This key can only access models=['a']. Tried to access b",
      type: 'key_model_access_denied',
      param: 'model',
      code: '401',
    }),
    forbidden,
  ],
  [
    "a model that New API's key may not use",
    errorReply(403, { message: '该令牌无权访问模型 gpt-image-2', type: 'new_api_error' }),
    forbidden,
  ],
  [
    'credit used up, in the words of New API',
    errorReply(403, {
      message: '用户额度不足, 剩余额度: ＄-0.000002 (request id: 1)',
      type: 'new_api_error',
      code: 'insufficient_user_quota',
    }),
    { ...billing, upstreamReason: '403 insufficient_user_quota' },
  ],
  [
    'credit that a request would use up, without a code',
    errorReply(403, {
      message: '预扣费额度失败, 用户剩余额度: ¥0.230000, 需要预扣费额度: ¥0.290000',
      type: 'new_api_error',
    }),
    billing,
  ],
  ['credit of the key', errorReply(401, { message: '该令牌额度已用尽', type: 'new_api_error' }), billing],
  [
    'credit used up, in the words of One API',
    errorReply(403, { message: 'user quota is not enough', type: 'one_api_error' }),
    billing,
  ],
  ['credit used up, in other words', { status: 400, body: { error: 'Insufficient Balance' } }, billing],
  [
    'a model for which a gateway has nobody',
    errorReply(503, {
      message: '当前分组 default 下对于模型 gpt-image-2 无可用渠道',
      type: 'new_api_error',
      code: 'model_not_found',
    }),
    { ...unavailable, modelOverloaded: true },
  ],
  [
    'a gateway whose upstreams have too much to do',
    errorReply(429, { message: '当前分组上游负载已饱和，请稍后再试', type: 'new_api_error' }),
    { ...unavailable, modelOverloaded: true },
  ],
  [
    "a member that FastAPI's server does not take",
    { status: 422, body: { detail: [{ loc: ['body', 'quality'], msg: 'Input should be a string' }] } },
    { ...bad, message: expect.stringContaining('quality: Input should be a string') as string },
  ],
  [
    'a size that is not made',
    errorReply(400, { message: "Invalid size '576x1024'.", type: 'invalid_request_error' }),
    { ...bad, message: expect.stringContaining('aspect_ratio') as string },
  ],
  [
    'a size that is not taken',
    userError('invalid_value', 'size'),
    { ...bad, upstreamReason: '400 invalid_value' },
  ],
  ['an input that is not read', userError('invalid_image_file'), bad],
  ['a model retired from the endpoint', userError('invalid_value', 'model'), unknownModel],
  [
    'a model that the project may not use',
    errorReply(403, { message: 'No.', type: 'invalid_request_error', code: 'model_not_found' }),
    unknownModel,
  ],
  ['a hard limit', spent('billing_hard_limit_reached', 'billing_limit_user_error', 400), billing],
  [
    'credit used up',
    spent('credit_balance_exhausted'),
    { ...billing, upstreamReason: '429 credit_balance_exhausted' },
  ],
  ['a limit of the project', spent('project_spend_limit_exceeded', 'requests'), billing],
  ['a kind of limit of tomorrow', spent('team_spend_limit_exceeded'), billing],
  ['a limit for the day', limited('Rate limit reached on images per day. Limit: 200 / day.'), quota],
  [
    'a rate limit that says how long in words alone',
    limited('Rate limit reached on input-images per min. Please try again in 1m2.5s.'),
    { ...rate, retryAfterMs: 62_500 },
  ],
  [
    'a rate limit in milliseconds',
    limited('Please try again in 467ms. Visit'),
    { ...rate, retryAfterMs: 467 },
  ],
  [
    'a rate limit in whole words',
    limited('please slow down and try again after 51.84 seconds.'),
    { ...rate, retryAfterMs: 51_840 },
  ],
  [
    'a rate limit whose headers and words differ',
    limited('Please try again in 60s.', { 'retry-after-ms': '1500', 'retry-after': '2' }),
    { ...rate, retryAfterMs: 1500 },
  ],
  [
    "LocalAI's form",
    {
      status: 401,
      body: {
        error: { code: 401, message: 'An authentication key is required', type: 'invalid_request_error' },
      },
    },
    { type: 'upstream_auth', retryable: false, upstreamReason: '401 invalid_request_error' },
  ],
  [
    "LocalAI's failed backend",
    { status: 500, body: { error: { code: 500, message: 'could not load model', type: '' } } },
    { ...unavailable, upstreamReason: '500' },
  ],
  [
    'a list of errors',
    { status: 400, body: { success: false, errors: [{ code: 3030, message: 'NSFW content detected' }] } },
    { type: 'content_rejected', message: expect.stringContaining('NSFW content detected') as string },
  ],
  [
    'a number as the code',
    { status: 400, body: { code: 20012, message: 'Model does not exist.', data: null } },
    unknownModel,
  ],
  [
    'an error of LiteLLM',
    {
      status: 400,
      body: { error: { message: 'litellm.ContentPolicyViolationError: No.', type: null, code: '400' } },
    },
    { type: 'content_rejected' },
  ],
  [
    'an account that was closed',
    {
      status: 403,
      body: { error: { message: 'Your account has been blocked due to violation of our terms.' } },
    },
    { type: 'upstream_auth', retryable: false },
  ],
  [
    'a team without credits',
    { status: 403, body: { code: 'No permission', error: "Your team doesn't have any credits yet." } },
    { type: 'upstream_billing' },
  ],
  ["LocalAI's empty answer to hide its errors", { status: 400 }, bad],
  [
    'an error that is a string',
    { status: 404, body: { error: 'model "sdxl" not found' } },
    { ...unknownModel, message: expect.stringContaining('model "sdxl" not found') as string },
  ],
  [
    'a page of HTML from a gateway',
    { status: 502, body: '<html>Bad gateway</html>' },
    { ...unavailable, maybeBilled: true, unknownOutcome: true },
  ],
];

test.each(cases)('%s fails as it should', async (_what, reply, expected) => {
  expect(await failureWith(reply)).toMatchObject(expected);
});

test('a prompt that comes back is not taken for a refusal', async () => {
  const prompt = 'a stamp that says REJECTED BY CONTENT MODERATION';
  loopback.answer(
    'start',
    errorReply(400, { message: `Too long: ${prompt}`, type: 'invalid_request_error' }),
  );
  const called = createOn(loopback).start(requestFor('gpt-image-2', { prompt }), contextOf({ prompt }));
  expect(await failureOf(called)).toMatchObject(bad);
});

test("OpenAI's own failure is free and says so by silence", async () => {
  const failure = await failureWith(openAiHarness.refusals['internal error']);
  expect(failure).not.toHaveProperty('maybeBilled');
  expect(failure).not.toHaveProperty('unknownOutcome');
});

test.each([
  ['input', undefined],
  ['output', true],
])('content refused at the stage %s is maybe billed: %s', async (moderation_stage, maybeBilled) => {
  const error = { message: 'No.', type: 'image_generation_user_error', code: 'moderation_blocked' };
  const body = { error: { ...error, moderation_details: { moderation_stage, categories: ['violence'] } } };
  expect((await failureWith({ status: 400, body })).maybeBilled).toBe(maybeBilled);
});

test.each([
  ['no JSON', '<html>welcome</html>'],
  ['a list', [1, 2]],
  ['base64 that is none', { data: [{ b64_json: '@@@' }, { b64_json: 'A' }] }],
  ['a member that nobody knows', { result: { file: 'abc' } }],
  ['an entry that nobody knows', { data: [{ asset: 'abc', b64_json: null }] }],
  ['nothing but drafts', 'data: {"type":"image_generation.partial_image","b64_json":"AAAA"}\n\n'],
])('an answer of 200 with %s could not be read and may have been billed', async (_what, body) => {
  loopback.answer('start', { body });
  const { failure, answer } = await taskErrorOf(
    createOn(loopback).start(requestFor('gpt-image-2'), contextOf()),
  );
  expect(failure).toMatchObject({ ...unavailable, maybeBilled: true, answered: true });
  expect(failure).not.toHaveProperty('unknownOutcome');
  expect(answer).toMatchObject({ status: 200, bytes: expect.any(Buffer) as Buffer });
});

test.each<[string, unknown, Partial<TaskFailure>]>([
  [
    'an error in the place of a picture',
    { created: 1, data: [{ error: { code: 'OutputImageSensitiveContentDetected', message: 'No.' } }] },
    { type: 'content_rejected' },
  ],
  [
    "MiniMax's form",
    { id: '1', base_resp: { status_code: 1026, status_msg: 'input new_sensitive' } },
    { type: 'content_rejected', message: expect.stringContaining('new_sensitive') as string },
  ],
  [
    "Tencent's form",
    { Response: { Error: { Code: 'AuthFailure.SignatureFailure', Message: 'No.' } } },
    { type: 'upstream_auth' },
  ],
  [
    'a rate limit',
    { error: { code: 'rate_limit_exceeded', message: 'Please try again in 12s.' } },
    { ...rate, retryAfterMs: 12_000 },
  ],
  [
    'a sentence',
    { data: [], error: 'blank input' },
    { ...bad, message: expect.stringContaining('blank input') as string },
  ],
  [
    'a wrong key',
    { error: { code: 'invalid_api_key', message: 'Incorrect.' } },
    { type: 'upstream_auth', retryable: false },
  ],
  ['refused content', { error: { code: 'contentFilter', message: 'No.' } }, refused],
  [
    'an event of a stream',
    'data: {"type":"error","error":{"code":"moderation_blocked","message":"No."}}\n\n',
    refused,
  ],
  [
    'a picture that was kept back',
    { data: [{ url: '', respect_moderation: false }] },
    { ...refused, maybeBilled: true },
  ],
])('an answer of 200 with %s in it is what it means', async (_what, body, expected) => {
  const failure = await failureWith({ body });
  expect(failure).toMatchObject(expected);
  expect(failure).not.toHaveProperty('answered');
});

test.each<[string, unknown]>([
  ['a chat', { choices: [{ message: { content: 'I can not draw.' }, finish_reason: 'stop' }] }],
  ['a text', 'I can not draw.'],
  ['a page', '<html><title>I can not draw.</title></html>'],
])('what stands in %s in the place of a picture is quoted', async (_what, body) => {
  const { answered, message } = await failureWith({ body });
  expect(answered).toBe(true);
  expect(message).toMatch(/ said: "I can not draw\."$/);
});

const known = { upstream: 'OpenAI', secrets: [] };

test('an answer without a picture keeps what was counted', () => {
  expect(() => readAnswer(answerOf(imagesReply().body), known)).toThrow(
    expect.objectContaining({ usage: expect.objectContaining({ output_tokens: 1056 }) }),
  );
});

test('neither key nor prompt come back out of an error, and a long message is cut', async () => {
  const message = `Key ${openAiKey} and "${secretPrompt}" are wrong. ${'Sorry! '.repeat(100)}`;
  const failure = await failureWith(errorReply(400, { message, type: secretPrompt, code: openAiKey }));
  const shown = JSON.stringify(failure);
  expect(shown).not.toContain(openAiKey);
  expect(shown).not.toContain(secretPrompt);
  expect(shown.length).toBeLessThan(800);
});

test.each([
  ['Incorrect API key provided: sk-proj-****************89AB. You can', 'provided: [removed]. You can'],
  ['Rate limit reached in organization org-AbCdEf123456 on images per min', 'organization [removed] on'],
  ['Project `proj_AbCdEf123` does not have access to model `gpt-image-2`', 'Project `[removed]` does'],
])('what an error tells of the account is not passed on: %s', async (message, shown) => {
  const failure = await failureWith(errorReply(401, { message, type: 'invalid_request_error' }));
  expect(failure.message).toContain(shown);
});

const junk = fc.oneof(fc.jsonValue(), fc.constant(undefined));

test('no error body, however odd, is more than a failure', () => {
  const error = fc.record({ message: junk, type: junk, code: junk, param: junk, moderation_details: junk });
  const status = fc.integer({ min: 400, max: 599 });
  fc.assert(
    fc.property(status, fc.oneof(junk, fc.record({ error: fc.oneof(junk, error) })), (code, body) => {
      const failure = errorFailure(
        { status: code, headers: {}, json: body },
        { upstream: 'OpenAI', now: 0, secrets: [], billable: true },
      );
      expect(failure.type).toMatch(/^upstream_|^content_rejected$/);
    }),
    { numRuns: 500 },
  );
});

test('no answer of 200, however odd, is more than a result or a failure', () => {
  const data = fc.array(fc.oneof(junk, fc.record({ b64_json: junk, url: junk })));
  const body = fc.oneof(junk, fc.record({ data: fc.oneof(junk, data), usage: junk }));
  fc.assert(
    fc.property(body, (each) => {
      try {
        const read = readAnswer(answerOf(each), known);
        if (!('refusal' in read)) expect(read.pictures.length).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof TaskError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});
