// Reads the envelope of every answer of the API. Some servers refuse with the HTTP status, some with `code` inside an HTTP 200, and a
// proxy in front of them may answer with a page: all three are distinguished here.

import { type ApiError, toApiError, UnexpectedAnswerError } from '../errors.ts';
import type { RequestErrorBody, RequestErrorType } from '../wire/envelope-types.ts';
import { readBytes } from './read-bytes.ts';
import { readRetryAfterMs } from './retry-delay.ts';

/** A page of 200 tasks with everything that can be said of them has a few megabytes. */
const maxBytes = 64 * 2 ** 20;
const maxMessageLength = 1_000;

/** Resolves with the `data` member. Rejects with an `ApiError` without `secret` in it, or with the error of a connection that breaks. */
export async function readData(response: Response, secret: string): Promise<unknown> {
  const { status, headers } = response;
  const bytes = await readBytes(response.body, maxBytes, () => unexpected(response, 'is far too long'));
  const body = parse(new TextDecoder().decode(bytes));
  const code = codeOf(body?.['code']);
  const error = body?.['error'] as Partial<RequestErrorBody> | undefined | null;
  if (body === null || (Number.isNaN(code) && typeof error !== 'object'))
    throw unexpected(response, 'is none of this API');
  const meant = meantStatus(status, code);
  if (meant === 200) return body['data'];
  const said = textOf(error?.message) ?? textOf(body['msg']) ?? '';
  const { type, request_id: requestId, details } = error ?? {};
  throw toApiError({
    message: said === '' ? `The server refused with ${meant} and does not say why.` : quotable(said, secret),
    status: meant,
    type: textOf(type) as RequestErrorType | undefined,
    requestId: textOf(requestId) ?? headers.get('x-request-id') ?? undefined,
    details: Array.isArray(details) ? details : undefined,
    retryAfterSeconds: retryAfterSeconds(headers),
  });
}

/** `NaN` where it is none: an object may have a `toString` that is no function. */
function codeOf(given: unknown): number {
  return typeof given === 'number' || typeof given === 'string' ? Number(given) : NaN;
}

/** Makes the error for an answer of something else; `how` continues the words "The answer". */
export function unexpected({ status, headers }: Pick<Response, 'status' | 'headers'>, how: string): ApiError {
  return new UnexpectedAnswerError({
    message: `The answer ${how} (HTTP ${status}): a proxy answered for the server, or baseUrl leads to something else.`,
    status,
    hint: 'baseUrl is everything before /api/gemini/nano-banana.',
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: retryAfterSeconds(headers),
  });
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown> | null)
      : null;
  } catch {
    return null;
  }
}

function meantStatus(status: number, code: number): number {
  if (code >= 400 && code < 600) return code;
  if (status < 200 || status >= 300) return status;
  // 0 is how other APIs with such an envelope say success.
  return Number.isNaN(code) || code === 200 || code === 0 ? 200 : 400;
}

function retryAfterSeconds(headers: Headers): number | undefined {
  const ms = readRetryAfterMs(headers, Date.now());
  return ms === undefined ? undefined : ms / 1000;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function quotable(text: string, secret: string): string {
  const safe = secret === '' ? text : text.replaceAll(secret, '[the key]');
  return safe.length > maxMessageLength ? `${safe.slice(0, maxMessageLength)}…` : safe;
}
