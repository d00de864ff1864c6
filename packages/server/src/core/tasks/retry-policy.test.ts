import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TaskFailure } from '../errors.ts';
import { decideRetry, failoverScope, mayCallAgain, type RetryPolicy } from './retry-policy.ts';

const policy: RetryPolicy = {
  maxTries: 4,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
  maxUnknownRetries: 1,
  maxAnsweredRetries: 0,
};
const failure: TaskFailure = { type: 'upstream_unavailable', message: '', retryable: true };
const base = {
  failure,
  triesUsed: 1,
  delaysAsked: 0,
  now: 1_000_000,
  deadlineAt: 9_000_000,
  policy,
  random: 0.5,
};

describe('a retry', () => {
  test('is not made after a failure that a retry can’t mend', () => {
    expect(decideRetry({ ...base, failure: { ...failure, retryable: false, retryAfterMs: 5 } })).toEqual({
      retry: false,
    });
  });

  test('waits longer each time, up to the limit, with the upper half left to chance', () => {
    const delays = [1, 2, 3].map((triesUsed) => {
      const decision = decideRetry({ ...base, triesUsed });
      return decision.retry ? decision.dueAt - base.now : null;
    });
    expect(delays).toEqual([750, 1_500, 3_000]);
  });

  test('is not made when the tries are used up', () => {
    expect(decideRetry({ ...base, triesUsed: 4 })).toEqual({ retry: false });
  });

  test('comes when the upstream asked for it, and such a delay gives the try back, however many were used', () => {
    const asked = { ...failure, retryAfterMs: 12_771.2 };
    expect(decideRetry({ ...base, failure: asked, triesUsed: 99 })).toEqual({
      retry: true,
      dueAt: 1_012_772,
      usesTry: false,
    });
  });

  test('never comes sooner than the policy’s first wait, even if the upstream asked for less', () => {
    const asked = { ...failure, retryAfterMs: 1 };
    expect(decideRetry({ ...base, failure: asked })).toEqual({
      retry: true,
      dueAt: 1_001_000,
      usesTry: false,
    });
  });

  test('comes ever later where the upstream asks again and again, and at last uses tries up', () => {
    const asked = { ...failure, retryAfterMs: 3_000 };
    const delays = [0, 1, 2, 5, 19, 20].map((delaysAsked) => {
      const decision = decideRetry({ ...base, failure: asked, delaysAsked });
      return decision.retry ? [decision.dueAt - base.now, decision.usesTry] : null;
    });
    expect(delays).toEqual([
      [3_000, false],
      [3_000, false],
      [3_000, false],
      [12_000, false],
      [45_000, false],
      [45_000, true],
    ]);
    expect(decideRetry({ ...base, failure: asked, delaysAsked: 20, triesUsed: 4 })).toEqual({ retry: false });
  });

  test('is not made when it would come after the deadline', () => {
    expect(decideRetry({ ...base, failure: { ...failure, retryAfterMs: 8_000_000 } })).toEqual({
      retry: false,
    });
    expect(decideRetry({ ...base, deadlineAt: base.now + 700 })).toEqual({ retry: false });
  });

  test('always lies between now and the deadline', () => {
    fc.assert(
      fc.property(
        fc.record({
          triesUsed: fc.integer({ min: 1, max: 200 }),
          random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          left: fc.integer({ min: -1_000, max: 1_000_000 }),
          delaysAsked: fc.nat({ max: 40 }),
          retryAfterMs: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined }),
        }),
        ({ triesUsed, random, left, delaysAsked, retryAfterMs }) => {
          const asked = retryAfterMs === undefined ? failure : { ...failure, retryAfterMs };
          const decision = decideRetry({
            ...base,
            failure: asked,
            triesUsed,
            delaysAsked,
            random,
            deadlineAt: base.now + left,
          });
          if (!decision.retry) return;
          expect(decision.dueAt).toBeGreaterThanOrEqual(base.now);
          expect(decision.dueAt).toBeLessThan(base.now + left);
          expect(Number.isInteger(decision.dueAt)).toBe(true);
        },
      ),
    );
  });
});

describe('another call that may have to be paid for', () => {
  const attempt = (type: TaskFailure['type'], outcome: 'failed' | 'unknown' = 'failed') => ({
    outcome,
    failure: { ...failure, type },
  });

  test('is made once after one whose outcome is not known, or as often as the operator allows', () => {
    const lost = attempt('upstream_unavailable', 'unknown');
    const known = attempt('upstream_unavailable');
    expect(mayCallAgain([lost], policy)).toBe(true);
    expect(mayCallAgain([known, lost, known], policy)).toBe(true);
    expect(mayCallAgain([lost, lost], policy)).toBe(false);
    expect(mayCallAgain([lost], { ...policy, maxUnknownRetries: 0 })).toBe(false);
    expect(mayCallAgain([lost, lost, lost], { ...policy, maxUnknownRetries: 3 })).toBe(true);
  });

  test('is not made after an answer that is there, unless the operator allows it', () => {
    const unread = { outcome: 'failed' as const, failure: { ...failure, answered: true } };
    expect(mayCallAgain([attempt('upstream_unavailable'), unread], policy)).toBe(false);
    expect(mayCallAgain([unread], { ...policy, maxAnsweredRetries: 1 })).toBe(true);
    expect(mayCallAgain([unread, unread], { ...policy, maxAnsweredRetries: 1 })).toBe(false);
  });

  test('is made twice after answers without a picture', () => {
    const empty = attempt('no_image');
    expect(mayCallAgain([empty, empty], policy)).toBe(true);
    expect(mayCallAgain([empty, empty, empty], policy)).toBe(false);
  });
});

describe('a call elsewhere', () => {
  test.each([
    ['upstream_rate_limited', true, 'credential'],
    ['upstream_quota', false, 'credential'],
    ['upstream_billing', false, 'credential'],
    ['upstream_auth', false, 'credential'],
    ['upstream_unavailable', true, 'upstream'],
    ['upstream_unavailable', false, null],
    ['no_image', true, 'upstream'],
    ['content_rejected', false, null],
    ['upstream_bad_request', false, null],
    ['input_unreachable', true, null],
    ['internal', true, null],
  ] as const)('after %s (retryable: %s) may help beyond: %s', (type, retryable, scope) => {
    expect(failoverScope({ type, message: '', retryable })).toBe(scope);
  });

  test('may help where only this upstream does not know the model', () => {
    const gone = { type: 'upstream_bad_request', message: '', retryable: false, modelUnknown: true } as const;
    expect(failoverScope(gone)).toBe('upstream');
  });

  test('may help with another key where this one may not use the model', () => {
    const barred = { type: 'upstream_auth', message: '', retryable: false, modelUnknown: true } as const;
    expect(failoverScope(barred)).toBe('credential');
  });
});
