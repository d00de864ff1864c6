// Reads the body of an error answer. Nothing in it is taken for granted, not even that it is JSON: a gateway in
// front answers with HTML, and Google's newer API puts a word where this one has a number.

import { z } from 'zod';

/** What the body of an error answer says; members that it lacks are empty. */
export interface GeminiError {
  /** Whether the body has Gemini's form; a page of HTML from a gateway has not. */
  recognised: boolean;
  /** `RESOURCE_EXHAUSTED`, or what stands for it in the newer API, such as `rate_limit_exceeded`. */
  code: string;
  message: string;
  /** `ErrorInfo.reason`, such as `API_KEY_INVALID`. */
  reasons: string[];
  /** `QuotaFailure`, such as `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
  quotaIds: string[];
  /** `RetryInfo.retryDelay`, in milliseconds. */
  retryDelayMs: number | undefined;
}

const text = z.string().optional().catch(undefined);
const detail = z.object({
  reason: text,
  retryDelay: text,
  violations: z
    .array(z.object({ quotaId: text }).catch({}))
    .optional()
    .catch(undefined),
});
const errorBody = z.object({
  error: z.object({
    code: z.union([z.number(), z.string()]).optional().catch(undefined),
    message: text,
    status: text,
    details: z.array(detail.catch({})).optional().catch(undefined),
  }),
});

/** `body` is the parsed JSON, or `undefined` when it was none. */
export function readError(body: unknown): GeminiError {
  // Some of Google's endpoints wrap the error in a list of one.
  const parsed = errorBody.safeParse(Array.isArray(body) ? body[0] : body);
  const { code, message = '', status: name = '', details = [] } = parsed.data?.error ?? {};
  return {
    recognised: parsed.success,
    code: typeof code === 'string' ? code : name,
    message,
    reasons: present(details.map((each) => each.reason)),
    quotaIds: present(details.flatMap((each) => each.violations ?? []).map((each) => each.quotaId)),
    retryDelayMs: details.map((each) => readDurationMs(each.retryDelay)).find((delay) => delay !== undefined),
  };
}

/** A protobuf duration such as `12.771204034s`; `undefined` for anything else, and for no time at all. */
function readDurationMs(duration: string | undefined): number | undefined {
  const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(duration ?? '')?.[1];
  return seconds === undefined || Number(seconds) === 0 ? undefined : Math.ceil(Number(seconds) * 1000);
}

function present(values: (string | undefined)[]): string[] {
  return values.filter((value) => value !== undefined);
}
