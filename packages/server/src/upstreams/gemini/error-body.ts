// Reads the body of an error answer. Nothing in it is taken for granted, not even that it is JSON: a gateway in
// front answers with HTML, and Google's newer API puts a word where this one has a number.

import { z } from 'zod';
import { readDurationMs } from '../../lib/delay-in-words.ts';
import { findError } from '../failures/found-error.ts';
import { isMembers } from '../answers/members.ts';
import { toCamelCase } from './camel-case.ts';

/** Body of an error answer; members that it lacks are empty. */
export interface GeminiError {
  /** Whether the body has Gemini's form; a page of HTML from a gateway has not. */
  recognised: boolean;
  /** `RESOURCE_EXHAUSTED`, or its word in the newer API, such as `rate_limit_exceeded`. */
  code: string;
  message: string;
  /** `ErrorInfo.reason`, such as `API_KEY_INVALID`. */
  reasons: string[];
  /** `QuotaFailure`, such as `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
  quotaIds: string[];
  /** Whether a quota is named whose limit is nothing, so that it is never renewed. */
  emptyQuota: boolean;
  /** `RetryInfo.retryDelay`, in milliseconds. */
  retryDelayMs: number | undefined;
}

const text = z.string().optional().catch(undefined);
/** 64-bit numbers are texts in Google's JSON. */
const number = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .optional()
  .catch(undefined);
const violation = z.object({ quotaId: text, quotaValue: number }).catch({});
/** A duration is a text; in the form of Google's Python client an object of seconds. */
const duration = z
  .union([z.string(), z.object({ seconds: number }).transform(({ seconds = 0 }) => `${seconds}s`)])
  .optional()
  .catch(undefined);
const detail = z.object({
  reason: text,
  retryDelay: duration,
  metadata: z.object({ quotaLimitValue: number }).optional().catch(undefined),
  violations: z.array(violation).optional().catch(undefined),
});
const errorBody = z.object({
  error: z.object({
    code: z.union([z.number(), z.string()]).optional().catch(undefined),
    message: text,
    status: text,
    details: z.array(detail.catch({})).optional().catch(undefined),
  }),
});

/** As Google writes it in sentences: `Quota exceeded for metric: ..., limit: 0, model: ...`. */
const emptyLimit = /\blimit: {0,3}0(?![\d.])/i;

/** `body` is the parsed JSON, or `undefined` when it was none. */
export function readError(body: unknown): GeminiError {
  // Some of Google's endpoints wrap the error in a list of one.
  const own = toCamelCase(Array.isArray(body) ? body[0] : body);
  const found = isMembers(own) ? findError(own) : undefined;
  // In other forms than Google's it is a gateway's.
  const parsed = errorBody.safeParse({ error: found });
  const { code, message = '', status: name = '', details = [] } = parsed.data?.error ?? {};
  const violations = details.flatMap((each) => each.violations ?? []);
  const limits = [
    ...violations.map(({ quotaValue }) => quotaValue),
    ...details.map(({ metadata }) => metadata?.quotaLimitValue),
  ];
  return {
    recognised: parsed.success,
    code: typeof code === 'string' ? code : name,
    message,
    reasons: present(details.map((each) => each.reason)),
    quotaIds: present(violations.map((each) => each.quotaId)),
    emptyQuota: limits.includes(0) || emptyLimit.test(message),
    retryDelayMs: details
      .map((each) => readDurationMs(each.retryDelay ?? ''))
      .find((delay) => delay !== undefined),
  };
}

function present(values: (string | undefined)[]): string[] {
  return values.filter((value) => value !== undefined);
}
