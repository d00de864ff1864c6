// Errors: a request that is refused, and a task that fails, each with a closed list of types. Status codes are not known here;
// `http/` maps the types to them.

import type { Fault, RequestErrorType, TaskErrorType } from '@plantain/client';
import type { Usage } from './upstreams/usage.ts';

export type { Fault, RequestErrorType, TaskErrorType };

export const taskErrorTypes = [
  'content_rejected',
  'no_image',
  'upstream_rate_limited',
  'upstream_quota',
  'upstream_billing',
  'upstream_auth',
  'upstream_unavailable',
  'upstream_bad_request',
  'input_unreachable',
  'deadline_exceeded',
  'cancelled',
  'internal',
] as const satisfies readonly TaskErrorType[];

/** Refusal of a request. `message` and `details` are shown to the caller: no secrets, no prompts, no base64. */
export class RequestError extends Error {
  readonly type: RequestErrorType;
  readonly details: Fault[] | undefined;
  /** Seconds that the caller should wait before it tries again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    type: RequestErrorType,
    message: string,
    extra: { details?: Fault[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: extra.cause });
    this.name = 'RequestError';
    this.type = type;
    this.details = extra.details;
    this.retryAfterSeconds = extra.retryAfterSeconds;
  }
}

/** Refusal of what needs the database while that is away, which passes by itself. The cause is for the operator. */
class DatabaseAwayError extends RequestError {
  constructor(cause: unknown) {
    super('overloaded', 'The server’s database can’t be reached now. Try again later.', {
      retryAfterSeconds: 5,
      cause,
    });
  }
}

export const databaseAway = (cause?: unknown): RequestError => new DatabaseAwayError(cause);

export const isDatabaseAway = (error: unknown): boolean => error instanceof DatabaseAwayError;

/** Failure of a task or of one attempt, as plain data that is stored with the task. */
export interface TaskFailure {
  type: TaskErrorType;
  /** A sentence for people, safe to show to the task's owner. */
  message: string;
  /** Whether the same task might succeed if it were tried again. */
  retryable: boolean;
  /** The upstream's own code or word for it, such as `IMAGE_SAFETY` or `429 RESOURCE_EXHAUSTED`. */
  upstreamReason?: string;
  /** Delay that the upstream asked for before the next call. Such a retry is no further try. */
  retryAfterMs?: number;
  /** True where the upstream may charge for the call although it gave no picture. */
  maybeBilled?: boolean;
  /**
   * True where the call broke off after the request was sent, so that a picture may or may not have been made. A retry may be
   * billed again; `unknown_retries` limits how many there are.
   */
  unknownOutcome?: boolean;
  /**
   * True where a complete answer could not be used, or its pictures could not be fetched. The upstream has done the work, so a retry
   * would be billed again; `unread_answer_retries` limits how many there are.
   */
  answered?: boolean;
  /** True where the upstream has too little capacity for the model, so that no other credential helps. */
  modelOverloaded?: boolean;
  /** True where an input has more bytes or pixels than the server accepts. */
  tooLarge?: true;
  /** Kind of bytes that came in place of a picture, in words for a sentence, such as `a web page (HTML)`. */
  whatCame?: string;
  /** True where this upstream does not have the model. The request is valid, and another upstream may serve it. */
  modelUnknown?: boolean;
}

/** Complete answer of an upstream that could not be used, before it is stored for the operator. */
export interface UnreadAnswer {
  /** HTTP status; `null` for bytes that were to be a picture. */
  status: number | null;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Decompressed body, of any size. */
  bytes: Uint8Array;
  /** Parsed body; absent where it is no JSON. */
  json?: unknown;
}

/** Error that an upstream or an input throws; the worker stores its `TaskFailure`. */
export class TaskError extends Error {
  readonly failure: TaskFailure;
  /** Tokens that an upstream counted although it gave no picture. */
  readonly usage: Usage | undefined;
  /** Set where the failure is `answered`. */
  readonly answer: UnreadAnswer | undefined;

  constructor(
    failure: TaskFailure,
    options: { cause?: unknown; usage?: Usage | undefined; answer?: UnreadAnswer | undefined } = {},
  ) {
    super(failure.message, { cause: options.cause });
    this.name = 'TaskError';
    this.failure = failure;
    this.usage = options.usage;
    this.answer = options.answer;
  }
}

/** Makes an `input_unreachable` failure. `message` is a sentence that is safe to show to the task's owner. */
export function inputFailure(
  message: string,
  {
    retryable = false,
    tooLarge,
    whatCame,
    cause,
  }: { retryable?: boolean; tooLarge?: true; whatCame?: string; cause?: unknown } = {},
): TaskError {
  const failure = {
    type: 'input_unreachable',
    message,
    retryable,
    ...(tooLarge && { tooLarge }),
    ...(whatCame !== undefined && { whatCame }),
  } as const;
  return new TaskError(failure, { cause });
}

/** Damage to the store, such as a page of the database that can't be read. The message tells the operator what to do. */
export class DamagedStoreError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'DamagedStoreError';
  }
}

/** Refusal to start the server. The message tells the operator what to do. */
export class StartRefusedError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'StartRefusedError';
  }
}
