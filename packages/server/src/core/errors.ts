// The two closed lists of what can go wrong: a request that is refused, and a task that fails.
// Nothing here knows a status code; `http/` maps the types to those.

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

/** A request that is refused. `message` and `details` are shown to the caller: no secrets, no prompts, no base64. */
export class RequestError extends Error {
  readonly type: RequestErrorType;
  readonly details: Fault[] | undefined;
  /** How long the caller should wait before it tries again. */
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

/** Why a task, or one attempt of it, failed; plain data that is stored with the task. */
export interface TaskFailure {
  type: TaskErrorType;
  /** A sentence for people, safe to show to the task's owner. */
  message: string;
  /** Whether the same task might succeed if it were tried again. */
  retryable: boolean;
  /** The upstream's own code or word for it, such as `IMAGE_SAFETY` or `429 RESOURCE_EXHAUSTED`. */
  upstreamReason?: string;
  /** How long the upstream asked to be left alone. A delay asked for does not use up an attempt. */
  retryAfterMs?: number;
  /** True where the upstream may charge for the call although it gave no picture. */
  maybeBilled?: boolean;
  /**
   * True where the call broke off after it had left: whether a picture was made, nobody knows. Trying again may pay twice,
   * so it is done only as often as the operator allows.
   */
  unknownOutcome?: boolean;
  /**
   * True where a complete answer came that could not be used, or whose pictures could not be fetched: what was made is there, so
   * another call would pay for it twice, and is made only where the operator allows it.
   */
  answered?: boolean;
  /** True where the model itself is overloaded at this upstream, so that no other key helps. */
  modelOverloaded?: boolean;
  /** True where an input picture has more bytes or pixels than are taken. */
  tooLarge?: true;
  /** Where bytes are no picture that is taken: what they are, in words for a sentence, such as `a web page (HTML)`. */
  whatCame?: string;
  /** True where the upstream does not know the model: nothing is wrong with the request, and another upstream may serve it. */
  modelUnknown?: boolean;
}

/** A complete answer that could not be used, on its way to the operator. */
export interface UnreadAnswer {
  /** Of HTTP; `null` for the bytes of a picture that is none. */
  status: number | null;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Unpacked, and as large as the upstream made them. */
  bytes: Uint8Array;
  /** JSON that the bytes say, where they say any. */
  json?: unknown;
}

/** A failure on its way up from an upstream or an input; the worker turns it into a stored `TaskFailure`. */
export class TaskError extends Error {
  readonly failure: TaskFailure;
  /** Tokens that an upstream counted although it gave no picture. */
  readonly usage: Usage | undefined;
  /** With a failure that is `answered`. */
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

/** A store that can't be read as it was written; the message is for the operator and says what to do. */
export class DamagedStoreError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'DamagedStoreError';
  }
}

/** A start that can't be; the message is for the operator and says what to do. */
export class StartRefusedError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'StartRefusedError';
  }
}
