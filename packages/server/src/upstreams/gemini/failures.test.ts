import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TaskError, TaskFailure } from '../../core/errors.ts';
import type { Upstream } from '../../core/upstream.ts';
import { contextOf, requestFor, taskErrorOf } from '../faults.fixture.ts';
import type { Loopback, Reply } from '../loopback.fixture.ts';
import { endings, errorRules } from './failures.ts';
import { readError } from './error-body.ts';
import {
  candidateReply,
  errorReply,
  geminiKey,
  help,
  keyInvalid,
  quotaFailure,
  retryInfo,
  startGeminiLoopback,
} from './gemini.fixture.ts';
import { createGemini } from './gemini.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
let loopback: Loopback;
let gemini: Upstream;
let reply: Reply;

beforeAll(async () => {
  loopback = await startGeminiLoopback(() => reply);
  gemini = createGemini({ apiKey: geminiKey, baseUrl: loopback.url, clock: { now: () => now } });
});
afterAll(() => loopback.close());

async function errorOf(scripted: Reply): Promise<TaskError> {
  reply = scripted;
  const prompt = 'a very secret plantain';
  const request = requestFor('gemini-nano-banana-2.1', { prompt, aspectRatio: 'auto' });
  return await taskErrorOf(gemini.start(request, contextOf({ prompt })));
}

const failureOf = async (scripted: Reply) => (await errorOf(scripted)).failure;

const noContent = (finishReason: string): Reply => ({ body: { candidates: [{ finishReason }] } });
const blocked = (blockReason: string): Reply => ({ body: { promptFeedback: { blockReason } } });
const rejected = { type: 'content_rejected', retryable: false, maybeBilled: true } as const;
const noImage = { type: 'no_image', retryable: true, maybeBilled: true } as const;

const finishReasons: [string, Partial<TaskFailure>][] = [
  ['SAFETY', rejected],
  ['PROHIBITED_CONTENT', rejected],
  ['BLOCKLIST', rejected],
  ['SPII', rejected],
  ['IMAGE_SAFETY', rejected],
  ['IMAGE_PROHIBITED_CONTENT', rejected],
  ['RECITATION', rejected],
  ['IMAGE_RECITATION', rejected],
  ['NO_IMAGE', noImage],
  ['IMAGE_OTHER', noImage],
  ['OTHER', noImage],
  ['MALFORMED_RESPONSE', noImage],
  ['STOP', noImage],
  ['MAX_TOKENS', noImage],
];

test.each(finishReasons)(
  'a candidate without a picture that ended with %s fails as it should',
  async (reason, expected) => {
    expect(await failureOf(noContent(reason))).toMatchObject({ ...expected, upstreamReason: reason });
  },
);

test('every row of the table of endings has its case here', () => {
  expect(finishReasons.map(([reason]) => reason)).toEqual(Object.keys(endings));
});

test.each(['A_REASON_OF_TOMORROW', 'constructor', '__proto__'])(
  'an ending that is not known (%s) is a missing picture and worth another try',
  async (reason) => {
    expect(await failureOf(noContent(reason))).toMatchObject({ ...noImage, upstreamReason: reason });
  },
);

test('an answer without any candidate is a missing picture', async () => {
  expect(await failureOf({ body: { candidates: null } })).toMatchObject({
    ...noImage,
    upstreamReason: 'no finishReason',
  });
});

test.each(['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY', 'JAILBREAK'])(
  'a prompt blocked for %s is rejected',
  async (reason) => {
    expect(await failureOf(blocked(reason))).toMatchObject({
      ...rejected,
      upstreamReason: `promptFeedback ${reason}`,
    });
  },
);

test('among several candidates the one that did not simply stop gives the reason', async () => {
  const body = { candidates: [{ finishReason: 'STOP' }, { finishReason: 'IMAGE_SAFETY' }] };
  expect(await failureOf({ body })).toMatchObject({ ...rejected, upstreamReason: 'IMAGE_SAFETY' });
});

test("the model's words stand in the message of a chatty refusal, cut to 200 characters", async () => {
  const failure = await failureOf(candidateReply([{ text: `I'd rather not. ${'Sorry! '.repeat(60)}` }]));
  expect(failure).toMatchObject({ ...noImage, upstreamReason: 'STOP' });
  expect(/The model wrote: "(I'd rather not\. Sorry! .*)…"/.exec(failure.message)?.[1]).toHaveLength(200);
});

const exhausted = (...details: unknown[]) =>
  errorReply(429, 'RESOURCE_EXHAUSTED', 'You exceeded your quota.', details);
const limited = { type: 'upstream_rate_limited', retryable: true } as const;
const unavailable = { type: 'upstream_unavailable', retryable: true } as const;
const unknown = { ...unavailable, maybeBilled: true, unknownOutcome: true } as const;
const html = (status: number): Reply => ({ status, body: '<html><h1>Bad Gateway</h1></html>' });

/** Cases of one status, one name and one sentence: what is answered, and the type. */
const plainErrors: [number, string, string, TaskFailure['type']][] = [
  [402, 'RESOURCE_EXHAUSTED', 'Your prepay credits are depleted.', 'upstream_billing'],
  [401, 'UNAUTHENTICATED', 'Request had invalid credentials.', 'upstream_auth'],
  [403, 'PERMISSION_DENIED', 'Permission denied.', 'upstream_auth'],
  [400, 'FAILED_PRECONDITION', 'User location is not supported.', 'upstream_billing'],
  [400, 'INVALID_ARGUMENT', 'Unknown name "imageOutputOptions".', 'upstream_bad_request'],
];

/** Name of the case, what is answered, and the whole failure but its message. */
const errors: [string, Reply, Omit<TaskFailure, 'message'>][] = [
  ...plainErrors.map(([status, name, message, type]): (typeof errors)[number] => [
    `${status} ${name}`,
    errorReply(status, name, message),
    { type, retryable: false, upstreamReason: `${status} ${name}` },
  ]),
  [
    '404 for a model that is gone',
    errorReply(404, 'NOT_FOUND', 'models/gone is not found for v1beta.'),
    {
      type: 'upstream_bad_request',
      retryable: false,
      upstreamReason: '404 NOT_FOUND',
      modelUnknown: true,
    },
  ],
  [
    '429 for the quota of a day',
    exhausted(
      quotaFailure('GenerateRequestsPerMinute', 'GenerateRequestsPerDayPerProjectPerModel-FreeTier'),
      retryInfo('12s'),
    ),
    {
      type: 'upstream_quota',
      retryable: false,
      upstreamReason:
        '429 RESOURCE_EXHAUSTED GenerateRequestsPerMinute GenerateRequestsPerDayPerProjectPerModel-FreeTier',
    },
  ],
  ...(
    [
      ['58s', 58_000],
      ['3.5s', 3_500],
      ['12.771204034s', 12_772],
    ] as const
  ).map(([delay, retryAfterMs]): (typeof errors)[number] => [
    `429 with a RetryInfo of ${delay}`,
    exhausted(quotaFailure('GenerateRequestsPerMinutePerProjectPerModel'), help, retryInfo(delay)),
    {
      ...limited,
      retryAfterMs,
      upstreamReason: '429 RESOURCE_EXHAUSTED GenerateRequestsPerMinutePerProjectPerModel',
    },
  ]),
  [
    '429 with a RetryInfo of no time, or nonsense',
    exhausted(retryInfo('0s'), retryInfo('soon'), 'nonsense'),
    { ...limited, upstreamReason: '429 RESOURCE_EXHAUSTED' },
  ],
  [
    '429 without any delay',
    errorReply(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'),
    { ...limited, upstreamReason: '429 RESOURCE_EXHAUSTED' },
  ],
  [
    '429 with Retry-After in seconds',
    { ...exhausted(), headers: { 'retry-after': '7' } },
    { ...limited, retryAfterMs: 7_000, upstreamReason: '429 RESOURCE_EXHAUSTED' },
  ],
  [
    '429 with Retry-After as a date',
    { ...exhausted(), headers: { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' } },
    { ...limited, retryAfterMs: 30_000, upstreamReason: '429 RESOURCE_EXHAUSTED' },
  ],
  [
    '429 with retry-after-ms, of a gateway that answers with HTML',
    { ...html(429), headers: { 'retry-after-ms': '1500', 'retry-after': '2' } },
    { ...limited, retryAfterMs: 1_500, upstreamReason: '429' },
  ],
  [
    '429 whose RetryInfo and header differ: RetryInfo holds',
    { ...exhausted(retryInfo('2s')), headers: { 'retry-after': '9' } },
    { ...limited, retryAfterMs: 2_000, upstreamReason: '429 RESOURCE_EXHAUSTED' },
  ],
  [
    '400 with the reason API_KEY_INVALID',
    errorReply(400, 'INVALID_ARGUMENT', 'Sorry.', [keyInvalid]),
    { type: 'upstream_auth', retryable: false, upstreamReason: '400 INVALID_ARGUMENT API_KEY_INVALID' },
  ],
  [
    '400 that calls the key not valid in words alone',
    errorReply(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
    { type: 'upstream_auth', retryable: false, upstreamReason: '400 INVALID_ARGUMENT' },
  ],
  ...[
    [500, 'INTERNAL'] as const,
    [502, 'UNAVAILABLE'] as const,
    [503, 'UNAVAILABLE'] as const,
    [529, 'OVERLOADED'] as const,
  ].map(([status, name]): (typeof errors)[number] => [
    `${status} in Google's form, which costs nothing`,
    { ...errorReply(status, name, 'The model is overloaded.'), headers: { 'retry-after': '3' } },
    { ...unavailable, retryAfterMs: 3_000, upstreamReason: `${status} ${name}` },
  ]),
  ...[
    [504, 'DEADLINE_EXCEEDED'] as const,
    [408, 'DEADLINE_EXCEEDED'] as const,
    [499, 'CANCELLED'] as const,
  ].map(([status, name]): (typeof errors)[number] => [
    `${status}, after which nobody knows whether it was paid for, so that a delay asked for gives no try back`,
    { ...errorReply(status, name, 'Deadline expired.'), headers: { 'retry-after': '3' } },
    { ...unknown, upstreamReason: `${status} ${name}` },
  ]),
  ['502 with HTML from a gateway', html(502), { ...unknown, upstreamReason: '502' }],
  [
    '400 with a word for a code, as the newer API writes it',
    { status: 400, body: { error: { code: 'invalid_request', message: 'Not supported.' } } },
    { type: 'upstream_bad_request', retryable: false, upstreamReason: '400 invalid_request' },
  ],
  [
    '400 wrapped in a list',
    { status: 400, body: [errorReply(400, 'INVALID_ARGUMENT', 'Not supported.').body] },
    { type: 'upstream_bad_request', retryable: false, upstreamReason: '400 INVALID_ARGUMENT' },
  ],
  [
    '413 with HTML from a gateway',
    html(413),
    { type: 'upstream_bad_request', retryable: false, upstreamReason: '413' },
  ],
];

test.each(errors)('%s', async (_name, scripted, expected) => {
  const { message, ...rest } = await failureOf(scripted);
  expect(rest).toEqual(expected);
  expect(message).not.toContain('<html>');
});

test.each(errorRules.map((rule) => [rule.means.type, rule] as const))(
  'the row for %s has its case here and gives its sentence',
  async (_type, { when, means }) => {
    const [, scripted] = errors.find(([, { status = 200, body }]) => when(status, readError(body))) ?? [];
    expect((await failureOf(scripted ?? {})).message.startsWith(means.says)).toBe(true);
  },
);

test('an error with status 200 is the failure of its own code, with what was counted', async () => {
  const usageMetadata = { promptTokenCount: 7 };
  const { body } = errorReply(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');
  const { failure, usage } = await errorOf({ body: { ...(body as object), usageMetadata } });
  expect(failure).toMatchObject({ type: 'upstream_auth', retryable: false });
  expect(failure).not.toHaveProperty('maybeBilled');
  expect(failure.message).toContain('API key not valid');
  expect(usage).toEqual({ input_tokens: 7 });
  const limit = await failureOf({ body: exhausted(retryInfo('3s')).body });
  expect(limit).toMatchObject({ ...limited, retryAfterMs: 3_000, upstreamReason: '429 RESOURCE_EXHAUSTED' });
});

test('what was counted for an answer without a picture goes with the failure', async () => {
  const usageMetadata = { promptTokenCount: 7, totalTokenCount: 7 };
  const { usage, failure } = await errorOf({
    body: { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata },
  });
  expect(failure).toMatchObject(rejected);
  expect(usage).toEqual({ input_tokens: 7, total_tokens: 7 });
  expect((await errorOf(candidateReply([{ text: 'No.' }]))).usage).toMatchObject({ output_tokens: 1424 });
  expect((await errorOf(noContent('NO_IMAGE'))).usage).toBeUndefined();
});

test("Gemini's own words are quoted, cut to 300 characters", async () => {
  const failure = await failureOf(errorReply(400, 'INVALID_ARGUMENT', 'no '.repeat(200)));
  expect(/Gemini said: "(no .*)…"$/.exec(failure.message)?.[1]).toHaveLength(300);
});

test('neither the key, the prompt, something like a key, nor base64 comes back in a failure', async () => {
  const echo = `configured-key-1 AIzaSyD-abcdefghijklmnopqrstuvwxyz123 "a very secret\nplantain" ${'iVBORw0KGgo'.repeat(20)}`;
  const details = [quotaFailure(echo), { reason: echo }];
  const replies = [400, 403, 404, 429, 500].map((status) => errorReply(status, echo, `So: ${echo}`, details));
  for (const scripted of [...replies, candidateReply([{ text: echo }]), noContent(echo), blocked(echo)]) {
    const shown = JSON.stringify(await failureOf(scripted));
    expect(shown).toContain('[removed]');
    expect(shown).not.toMatch(/configured-key-1|AIzaSy|secret plantain|iVBORw0KGgo/i);
  }
});

test('an error body may be anything at all', () => {
  for (const body of [undefined, null, 7, 'text', [], {}, { error: 'no' }, { error: { details: {} } }])
    expect(readError(body)).toMatchObject({ message: '', reasons: [], quotaIds: [] });
});
