import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskErrorType } from '../../core/errors.ts';
import { cancelFailure, httpFailure } from './http-failure.ts';
import type { ErrorAnswer } from './http-failure.ts';

const now = Date.parse('2026-11-23T12:00:00Z');

function failureOf(answer: Partial<ErrorAnswer>, secrets: readonly string[] = []) {
  return httpFailure(
    { upstream: 'Tester', status: 500, headers: {}, recognised: true, message: '', codes: [], ...answer },
    { now, secrets },
  );
}

const rows: [number, TaskErrorType, boolean][] = [
  [400, 'upstream_bad_request', false],
  [401, 'upstream_auth', false],
  [402, 'upstream_billing', false],
  [403, 'upstream_auth', false],
  [404, 'upstream_bad_request', false],
  [408, 'upstream_unavailable', true],
  [413, 'upstream_bad_request', false],
  [422, 'upstream_bad_request', false],
  [429, 'upstream_rate_limited', true],
  [499, 'upstream_unavailable', true],
  [500, 'upstream_unavailable', true],
  [502, 'upstream_unavailable', true],
  [503, 'upstream_unavailable', true],
  [504, 'upstream_unavailable', true],
  [529, 'upstream_unavailable', true],
];

test.each(rows)('status %i is %s, retryable: %s', (status, type, retryable) => {
  expect(failureOf({ status })).toMatchObject({
    type,
    retryable,
    upstreamReason: String(status),
    message: expect.stringContaining('Tester'),
  });
});

test('only a 404 says that the model is not known', () => {
  for (const [status] of rows) expect(failureOf({ status }).modelUnknown).toBe(status === 404 || undefined);
});

test("the upstream's own meaning goes before that of the status, and keeps the rest", () => {
  const says = 'The quota of the month is used up.';
  const means = { type: 'upstream_quota', retryable: false, says } as const;
  const failure = failureOf({ status: 429, codes: ['insufficient_quota'], message: 'No more.', means });
  expect(failure).toEqual({
    type: 'upstream_quota',
    retryable: false,
    message: `${says} Tester said: "No more."`,
    upstreamReason: '429 insufficient_quota',
  });
});

test('a delay is taken from the body first, then from the headers, and only where trying again may help', () => {
  const headers = { 'retry-after': '7' };
  expect(failureOf({ status: 429, headers })).toHaveProperty('retryAfterMs', 7000);
  expect(failureOf({ status: 429, headers, retryAfterMs: 250 })).toHaveProperty('retryAfterMs', 250);
  expect(
    failureOf({ status: 503, headers: { 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' } }),
  ).toHaveProperty('retryAfterMs', 30_000);
  expect(failureOf({ status: 401, headers, retryAfterMs: 250 })).not.toHaveProperty('retryAfterMs');
});

test('a delay of more than a day is a day', () => {
  expect(failureOf({ status: 429, headers: { 'retry-after': '99999999999' } })).toHaveProperty(
    'retryAfterMs',
    86_400_000,
  );
});

test.each([403, 404])('a page of HTML with status %i says nothing of the key or the model', (status) => {
  const failure = failureOf({ status, recognised: false });
  expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true });
  expect(failure).not.toHaveProperty('modelUnknown');
  expect(failure).not.toHaveProperty('maybeBilled');
});

test('a refused cancel costs nothing', () => {
  const failure = cancelFailure('Tester', { status: 502, headers: {} }, now);
  expect(failure).toEqual({
    type: 'upstream_unavailable',
    message: expect.stringContaining('Tester'),
    retryable: true,
    upstreamReason: '502',
  });
});

test.each([
  [500, true, false],
  [503, true, false],
  [504, true, true],
  [408, true, true],
  [499, true, true],
  [500, false, true],
  [502, false, true],
  [429, false, false],
  [404, false, false],
])(
  'status %i in the form of the upstream (%s) leaves open what became of the call: %s',
  (status, recognised, open) => {
    const left = open ? { maybeBilled: true, unknownOutcome: true } : {};
    const asked = { status, recognised, headers: { 'retry-after': '7' } };
    const { maybeBilled, unknownOutcome } = failureOf(asked);
    expect({ maybeBilled, unknownOutcome }).toEqual({
      maybeBilled: undefined,
      unknownOutcome: undefined,
      ...left,
    });
    // The delay would give the try back, and so buy without end.
    if (open) expect(failureOf(asked)).not.toHaveProperty('retryAfterMs');
    const free = failureOf({ ...asked, billable: false });
    expect(free).not.toHaveProperty('maybeBilled');
    expect(free).not.toHaveProperty('unknownOutcome');
  },
);

test('no secret, key or base64 gets through, and nothing grows without end', () => {
  const secret = 'a very secret plantain';
  const echo = fc.tuple(
    fc.string(),
    fc.constantFrom(secret, 'AIzaSyD-abcdefghijklmn', 'sk-proj-123456789', 'iVBORw0KGgo'.repeat(20)),
  );
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 599 }), fc.array(echo), (status, echoes) => {
      const texts = echoes.map(([before, after]) => `${before} ${after} and so on`);
      const { message, upstreamReason = '' } = failureOf({ status, message: texts.join(' '), codes: texts }, [
        secret,
      ]);
      expect(`${message} ${upstreamReason}`).not.toMatch(/secret plantain|AIzaSy|sk-proj|iVBORw0KGgo/);
      expect(message.length).toBeLessThan(600);
      expect(upstreamReason.length).toBeLessThanOrEqual(121);
    }),
  );
});
