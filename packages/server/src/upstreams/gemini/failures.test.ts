import { expect, test } from 'vitest';
import type { TaskFailure } from '../../core/errors.ts';
import type { Reply } from '../loopback.fixture.ts';
import { readError } from './error-body.ts';
import { failingGemini } from './failing.fixture.ts';
import { errorRules } from './failures.ts';
import { candidateReply, errorReply, help, keyInvalid, quotaFailure, retryInfo } from './gemini.fixture.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const { errorOf, failureOf } = failingGemini(now);

const noContent = (finishReason: string): Reply => ({ body: { candidates: [{ finishReason }] } });
const blocked = (blockReason: string): Reply => ({ body: { promptFeedback: { blockReason } } });
const exhausted = (...details: unknown[]) =>
  errorReply(429, 'RESOURCE_EXHAUSTED', 'You exceeded your quota.', details);
const limited = { type: 'upstream_rate_limited', retryable: true } as const;
const unavailable = { type: 'upstream_unavailable', retryable: true } as const;
const unknown = { ...unavailable, maybeBilled: true, unknownOutcome: true } as const;
const html = (status: number): Reply => ({ status, body: '<html><h1>Bad Gateway</h1></html>' });

const noQuota =
  'You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: generate_content_free_tier_requests, limit: 0\nPlease retry in 3s.';

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
    { ...unavailable, retryAfterMs: 3_000, upstreamReason: `${status} ${name}`, modelOverloaded: true },
  ]),
  [
    '500 for a fault of its own',
    errorReply(500, 'INTERNAL', 'An internal error has occurred.'),
    { ...unavailable, upstreamReason: '500 INTERNAL' },
  ],
  [
    '429 for a model without room, which another key does not get either',
    exhausted({ reason: 'MODEL_CAPACITY_EXHAUSTED' }, retryInfo('3s')),
    {
      ...unavailable,
      retryAfterMs: 3_000,
      upstreamReason: '429 RESOURCE_EXHAUSTED MODEL_CAPACITY_EXHAUSTED',
      modelOverloaded: true,
    },
  ],
  [
    '503 for a model in high demand, that names its delay in words',
    errorReply(503, 'UNAVAILABLE', 'This model is experiencing high demand. Please retry in 51.8s.'),
    { ...unavailable, retryAfterMs: 51_800, upstreamReason: '503 UNAVAILABLE', modelOverloaded: true },
  ],
  [
    '429 that quotes another one with a delay',
    errorReply(429, 'RESOURCE_EXHAUSTED', JSON.stringify(exhausted(retryInfo('3.2s')).body)),
    { ...limited, retryAfterMs: 3_200, upstreamReason: '429 RESOURCE_EXHAUSTED' },
  ],
  [
    '429 with a delay in words',
    errorReply(429, 'RESOURCE_EXHAUSTED', 'Please retry in 7h12m3s.'),
    { ...limited, retryAfterMs: 25_923_000, upstreamReason: '429 RESOURCE_EXHAUSTED' },
  ],
  [
    '429 in snake_case',
    exhausted({ violations: [{ quota_id: 'GenerateRequestsPerDay' }] }, { retry_delay: { seconds: 41 } }),
    {
      type: 'upstream_quota',
      retryable: false,
      upstreamReason: '429 RESOURCE_EXHAUSTED GenerateRequestsPerDay',
    },
  ],
  [
    '429 with a delay as the Python client has it',
    exhausted({ retry_delay: { seconds: 41 } }),
    { ...limited, retryAfterMs: 41_000, upstreamReason: '429 RESOURCE_EXHAUSTED' },
  ],
  ...[
    errorReply(429, 'RESOURCE_EXHAUSTED', noQuota, [quotaFailure('PerMinute'), retryInfo('3s')]),
    errorReply(429, 'RESOURCE_EXHAUSTED', noQuota, [quotaFailure('PerDay'), retryInfo('3s')]),
    exhausted({ violations: [{ quotaId: 'PerMinute', quotaValue: '0' }] }, retryInfo('3s')),
    exhausted({ violations: [{ quotaId: 'PerDay' }], metadata: { quota_limit_value: '0' } }),
  ].map((scripted, index): (typeof errors)[number] => [
    `429 for a quota of nothing, whatever delay comes with it (${index})`,
    scripted,
    {
      type: 'upstream_quota',
      retryable: false,
      upstreamReason: expect.stringContaining('429 RESOURCE_EXHAUSTED Per') as string,
    },
  ]),
  ...[
    'Your project has exceeded its monthly spending cap. Please go to AI Studio to raise it.',
    'Your prepayment credits are depleted. Please add more.',
  ].map((message): (typeof errors)[number] => [
    `429 that says "${message}"`,
    errorReply(429, 'RESOURCE_EXHAUSTED', message),
    { type: 'upstream_billing', retryable: false, upstreamReason: '429 RESOURCE_EXHAUSTED' },
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

test.each(errorRules.map((rule, index) => [rule.means.type, rule, index] as const))(
  'the row for %s has its case here and gives its sentence',
  async (_type, { means }, index) => {
    const [, scripted] =
      errors.find(
        ([, { status = 200, body }]) =>
          errorRules.findIndex(({ when }) => when(status, readError(body))) === index,
      ) ?? [];
    expect((await failureOf(scripted ?? {})).message.startsWith(means.says)).toBe(true);
  },
);

test('a quota of nothing is not said to be renewed', async () => {
  const { message } = await failureOf(
    errorReply(429, 'RESOURCE_EXHAUSTED', noQuota, [quotaFailure('PerDay')]),
  );
  expect(message).not.toContain('midnight');
  expect(message).toContain('paid plan');
  expect(message).toContain('limit: 0');
});

test('an error that says that it is charged for is maybe billed', async () => {
  const charged = errorReply(400, 'INVALID_ARGUMENT', 'Not supported. You will be charged for this request.');
  expect(await failureOf(charged)).toMatchObject({ type: 'upstream_bad_request', maybeBilled: true });
});

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

test.each<[number, unknown, Partial<TaskFailure>]>([
  [
    400,
    {
      error: {
        code: 400,
        message: 'The prompt contains sensitive words that violate our Responsible AI practices.',
        status: 'INVALID_ARGUMENT',
      },
    },
    { type: 'content_rejected', retryable: false },
  ],
  [400, { code: 400, msg: '提示词包含敏感词' }, { type: 'content_rejected' }],
  [
    403,
    { error: { message: '用户额度不足', type: 'new_api_error', code: 'insufficient_user_quota' } },
    { type: 'upstream_billing' },
  ],
  [
    200,
    { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
    { type: 'upstream_billing' },
  ],
  [200, { choices: [{ finish_reason: 'content_filter', message: {} }] }, { type: 'content_rejected' }],
  [200, { error: { code: 400, message: 'Blocked by our content policy.' } }, { type: 'content_rejected' }],
])('a %i with %j, as gateways have it, is read', async (status, body, expected) => {
  expect(await failureOf({ status, body })).toMatchObject(expected);
});

test('what a gateway says in its place is quoted too', async () => {
  for (const [status, body, words] of [
    [429, { message: 'API rate limit exceeded' }, 'API rate limit exceeded'],
    [429, 'error code: 1015', 'error code: 1015'],
    [502, '<html><head><title>502 Bad Gateway</title></head></html>', '502 Bad Gateway'],
    [503, { error: 'no healthy upstream' }, 'no healthy upstream'],
  ] as const)
    expect((await failureOf({ status, body })).message).toContain(`Gemini said: "${words}"`);
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
  for (const body of [undefined, null, 7, 'text', [], {}, { error: ' ' }, { error: { details: {} } }])
    expect(readError(body)).toMatchObject({ message: '', reasons: [], quotaIds: [] });
});
