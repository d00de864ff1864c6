// One call of the API with its retries: every try has a deadline, and the caller's signal ends all of them.

import {
  ApiError,
  ConnectionError,
  NotFoundError,
  PlantainError,
  TimeoutError,
  toApiError,
  UnexpectedAnswerError,
  UnsupportedError,
} from '../errors.ts';
import type { Deadlines } from './deadline.ts';
import { readData, unexpected } from './envelope.ts';
import { readBytes } from './read-bytes.ts';
import { readRetryAfterMs, retryDelayMs } from './retry-delay.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path below the base URL; or a whole link, which is called without the key. */
  path: string;
  json?: unknown;
  form?: FormData;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  maxRetries?: number;
  /** Prevents a retry where the outcome of the first try is unknown. */
  once?: boolean;
  /** Words for the call, such as `cancel a task`. With them, a server that lacks it fails with `UnsupportedError`. */
  feature?: string;
}

export interface Requester {
  /** Whether a server of this API has answered so far. A page after that only stands in for it. */
  isKnown(): boolean;
  /**
   * Resolves with the `data` member of the answer, which must have a member of this name, and with the delay that the server asks for.
   * Rejects with the errors of errors.ts, or the signal's reason.
   */
  request<Data>(
    member: keyof Data & string,
    call: Call,
  ): Promise<{ data: Data; retryAfterMs: number | undefined }>;
  /** Bytes of the answer and their type. Throws the errors of errors.ts, or the signal's reason; `PlantainError` beyond `maxBytes`. */
  bytes(call: Call, maxBytes: number): Promise<Blob>;
  /** Makes one try, which only `signal` ends; the answer may be a refusal. Rejects with `ConnectionError`, or the signal's reason. */
  open(call: Call, signal: AbortSignal): Promise<Response>;
  /** Resolves with the error for an answer of `open` that is not what was asked for; `expected` names that. The key is not in it. */
  refusalOf(response: Response, expected: string): Promise<unknown>;
}

export interface RequesterOptions {
  /** Without a slash at its end. */
  baseUrl: string;
  /** `''` for none. */
  apiKey: string;
  headers: Readonly<Record<string, string>>;
  fetch: Fetch;
  timeoutMs: number;
  maxRetries: number;
  /** 0 to 1. */
  random: () => number;
  deadlines: Deadlines;
}

/** Gateways have statuses of their own beyond those of HTTP, such as 520 to 530. */
const isTransientStatus = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && !permanentStatuses.has(status));
/** Not implemented, and HTTP version not supported. */
const permanentStatuses: ReadonlySet<number> = new Set([501, 505]);
/** Statuses that promise that the server has done nothing. */
const undoneStatuses: ReadonlySet<number> = new Set([429, 503]);
/** Statuses by which servers say that they know no such call. A 404 may also mean no such task, but then a Plantain gives the type. */
const missingCallStatuses: ReadonlySet<number> = new Set([200, 404, 405, 501]);

/** Whether the same call may succeed in a while. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiError) return isTransientStatus(error.status);
  return error instanceof ConnectionError || error instanceof TimeoutError;
}

/** Errors of calls one of whose earlier tries had an unknown outcome. */
const afterLostAnswer = new WeakSet<object>();

/** Whether the server may have done what was asked although the call failed: the answer of one of its tries was lost. */
export function mayBeDone(error: unknown): boolean {
  if (typeof error === 'object' && error !== null && afterLostAnswer.has(error)) return true;
  return isTransient(error) && !(error instanceof ApiError && undoneStatuses.has(error.status));
}

/** Whether something answered in place of the server: a gateway, or a network's login page. */
export function isPage(error: unknown): boolean {
  const answer = error instanceof UnsupportedError ? error.cause : error;
  return answer instanceof UnexpectedAnswerError;
}

function createOpen({ baseUrl, apiKey, headers: given, fetch }: RequesterOptions): Requester['open'] {
  const ownHeaders = { ...given, ...(apiKey === '' ? {} : { Authorization: apiKey }) };
  return async ({ method, path, json, form, headers }, signal) => {
    const isOurs = path.startsWith('/');
    const body = json === undefined ? (form ?? null) : JSON.stringify(json);
    try {
      return await fetch(isOurs ? baseUrl + path : path, {
        ...(method === undefined ? {} : { method }),
        headers: joined(
          isOurs ? ownHeaders : {},
          json === undefined ? {} : { 'Content-Type': 'application/json' },
          headers ?? {},
        ),
        body,
        signal,
      });
    } catch (error) {
      throw broken(error, signal, addressCalled(baseUrl, path));
    }
  };
}

/** Joins headers; a later one replaces an earlier one of the same name in any case, where `fetch` would send both values as one. */
function joined(...parts: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const all = new Headers();
  for (const part of parts) for (const [name, value] of Object.entries(part)) all.set(name, value);
  return Object.fromEntries(all);
}

export function createRequester(options: RequesterOptions): Requester {
  const { baseUrl, deadlines } = options;
  const secret = options.apiKey.replace(/^bearer\s+/i, '');
  const open = createOpen(options);
  let isKnown = false;

  async function tryOnce<T>(call: Call, read: (response: Response) => Promise<T>): Promise<T> {
    const ms = call.timeoutMs ?? options.timeoutMs;
    const address = addressCalled(baseUrl, call.path);
    const deadline = deadlines.start(ms, call.signal);
    try {
      const response = await open(call, deadline.signal);
      return await read(response).catch((error: unknown) => {
        throw broken(error, deadline.signal, address);
      });
    } catch (error) {
      isKnown ||= error instanceof ApiError && !isPage(error);
      if (!deadline.isOver) throw error;
      throw new TimeoutError(`The server at ${address} has not answered within ${ms / 1000} seconds.`);
    } finally {
      deadline.end();
    }
  }

  async function repeat<T>(call: Call, read: (response: Response) => Promise<T>): Promise<T> {
    const maxRetries = call.maxRetries ?? options.maxRetries;
    let isLost = false;
    for (let tries = 1; ; tries += 1) {
      try {
        return await tryOnce(call, read);
      } catch (error) {
        call.signal?.throwIfAborted();
        const mayRetry = tries <= maxRetries && mayRepeat(error, call);
        const delayMs = mayRetry ? retryDelayMs(tries, askedMs(error), options.random()) : null;
        isLost ||= mayBeDone(error);
        if (delayMs === null) throw noted(named(withBase(error, baseUrl), call), isLost);
        await deadlines.pause(delayMs, call.signal);
      }
    }
  }

  return {
    isKnown: () => isKnown,
    request: (member, call) =>
      repeat(call, async (response) => {
        const data = await readData(response, secret);
        if (typeof data !== 'object' || data === null || !(member in data))
          throw unexpected(response, 'is not what was asked for');
        isKnown = true;
        return { data: data as never, retryAfterMs: readRetryAfterMs(response.headers, Date.now()) };
      }),
    bytes: (call, maxBytes) => repeat(call, (response) => readFile(response, secret, maxBytes)),
    open,
    refusalOf: (response, expected) =>
      readData(response, secret).then(
        () => unexpected(response, `has no ${expected} in it`),
        (error: unknown) => error,
      ),
  };
}

async function readFile(response: Response, secret: string, maxBytes: number): Promise<Blob> {
  if (!response.ok) throw await fileRefusal(response, secret);
  const tooLarge = () =>
    new PlantainError(`The file at the link has more than ${maxBytes} bytes, which is not taken.`);
  const bytes = await readBytes(response.body, maxBytes, tooLarge);
  return new Blob([bytes], { type: response.headers.get('content-type') ?? '' });
}

/** Error for a refused link, which may lead to a file store without this API's envelope. */
async function fileRefusal(response: Response, secret: string): Promise<unknown> {
  const error: unknown = await readData(response, secret).catch((thrown: unknown) => thrown);
  if (!(error instanceof UnexpectedAnswerError)) return error;
  const { status, retryAfterSeconds } = error;
  return toApiError({ message: `The link was answered with HTTP ${status}.`, status, retryAfterSeconds });
}

/** Address to name in an error: the base URL, or the origin of a link, whose path and query may be secret. */
function addressCalled(baseUrl: string, path: string): string {
  if (path.startsWith('/')) return baseUrl;
  return URL.canParse(path) ? new URL(path).origin : 'a link that is none';
}

/** Codes of Node's versions for an answer that does not begin as TLS does. */
const notTls: ReadonlySet<unknown> = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'EPROTO']);

/** Turns any failure of `fetch` into a `ConnectionError`, but for the signal's reason. */
function broken(error: unknown, signal: AbortSignal, address: string): unknown {
  if (error instanceof PlantainError) return error;
  if (signal.aborted) return signal.reason;
  const { code } = ((error as Error | null)?.cause ?? {}) as { code?: unknown };
  const why = notTls.has(code) ? ': what listens there speaks http, not https' : '';
  const what = typeof code === 'string' ? ` (${code}${why})` : '';
  return new ConnectionError(
    `The server can't be reached at ${address}, or the connection broke off${what}.`,
    {
      cause: error,
      hint: 'Look at baseUrl, and whether the server runs. In a browser, a page of https can reach only https.',
    },
  );
}

function mayRepeat(error: unknown, { once = false }: Call): boolean {
  // A part of these tasks would be accepted at once: whoever submits them does better than to wait for room for all.
  if (error instanceof ApiError && (error.limit?.fits ?? 0) > 0) return false;
  return once ? error instanceof ApiError && undoneStatuses.has(error.status) : isTransient(error);
}

function noted(error: unknown, isLost: boolean): unknown {
  if (isLost && typeof error === 'object' && error !== null) afterLostAnswer.add(error);
  return error;
}

function askedMs(error: unknown): number | undefined {
  const seconds = error instanceof ApiError ? error.retryAfterSeconds : undefined;
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Adds to a 404 the likelier reason, where the base URL has a path such as `/v1`. */
function withBase(error: unknown, baseUrl: string): unknown {
  const { pathname } = new URL(baseUrl);
  if (pathname === '/' || !(error instanceof NotFoundError)) return error;
  const { message, status, type, requestId, details, retryAfterSeconds } = error;
  const hint = `baseUrl is everything before /api/gemini/nano-banana: does ${pathname} at its end belong to it? ${error.hint ?? ''}`;
  return new NotFoundError({ message, status, type, requestId, details, retryAfterSeconds, hint });
}

/** Turns an error by which the server says that it has no such call into an `UnsupportedError`; returns others as they are. */
export function named(error: unknown, { feature }: Pick<Call, 'feature'>): unknown {
  if (feature === undefined || !(error instanceof ApiError)) return error;
  const isLacking =
    missingCallStatuses.has(error.status) && (error.type === undefined || error.status === 405);
  if (!isLacking) return error;
  return new UnsupportedError(`This server can't ${feature}: it has no such call.`, {
    cause: error,
    hint: 'A Plantain has it; the API’s original vendor only takes tasks and tells of them.',
  });
}

const idPattern = /^\w[\w.:~-]{0,199}$/;

/** Returns an id as a segment of a path. Throws `PlantainError` for other texts, which could lead to another call. */
export function segment(id: string): string {
  if (idPattern.test(id)) return id;
  throw new PlantainError(`${JSON.stringify(id.slice(0, 60))} is not an id.`);
}
