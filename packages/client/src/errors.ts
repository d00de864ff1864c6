// What goes wrong, as classes that a program can tell apart. Every message is a sentence for people and never has the key in it.

import type { Fault, RequestErrorType } from './envelope-types.ts';
import type { TaskData, TaskErrorType } from './types.ts';

/** The class of every error that this package throws of its own accord. An aborted signal rejects with its own reason instead. */
export class PlantainError extends Error {
  override readonly name: string = 'PlantainError';
  /** What may be done about it, where that is known. */
  readonly hint: string | undefined;

  constructor(message: string, { hint, cause }: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.hint = hint;
  }
}

/** What an `ApiError` is made of. */
export interface Refusal {
  message: string;
  /** The HTTP status, or what stood in place of it inside an HTTP 200. */
  status: number;
  /** Absent where the server is not a Plantain. */
  type?: RequestErrorType | undefined;
  requestId?: string | undefined;
  details?: readonly Fault[] | undefined;
  retryAfterSeconds?: number | undefined;
  hint?: string | undefined;
}

/** The server refused the request, or failed at it. */
export class ApiError extends PlantainError {
  override readonly name: string = 'ApiError';
  /** The HTTP status, or what stood in place of it inside an HTTP 200, as some servers of this API say it. */
  readonly status: number;
  /** Why, from a closed list; `undefined` where the server is not a Plantain. */
  readonly type: RequestErrorType | undefined;
  /** What the server's log knows the request by. */
  readonly requestId: string | undefined;
  /** Every fault of the request, with its place; `[]` where the server names none. */
  readonly details: readonly Fault[];
  /** How long the server wants to be left alone. */
  readonly retryAfterSeconds: number | undefined;

  constructor({ message, hint, status, type, requestId, details, retryAfterSeconds }: Refusal) {
    super(message, { hint });
    this.status = status;
    this.type = type;
    this.requestId = requestId;
    this.details = details ?? [];
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** 400, 413, 415, 422: as it is, this request will always be refused. */
export class InvalidRequestError extends ApiError {
  override readonly name = 'InvalidRequestError';
}

/** 401: no key, or one that is not known, was revoked or has expired. */
export class AuthenticationError extends ApiError {
  override readonly name = 'AuthenticationError';
}

/** 403: this key may not do this. */
export class ForbiddenError extends ApiError {
  override readonly name = 'ForbiddenError';
}

/** 404: this key has nothing under that id. */
export class NotFoundError extends ApiError {
  override readonly name = 'NotFoundError';
}

/** 409: not in the state that the request needs, or an idempotency key that was used for something else. */
export class ConflictError extends ApiError {
  override readonly name = 'ConflictError';
}

/** 429, when trying again did not help, or was to come too late. */
export class RateLimitedError extends ApiError {
  override readonly name = 'RateLimitedError';
}

/** An answer that is none of this API: the page of a proxy, or of something else at `baseUrl`. */
export class UnexpectedAnswerError extends ApiError {
  override readonly name = 'UnexpectedAnswerError';
}

/** There was no answer: nothing listens, the name is unknown, the connection broke. */
export class ConnectionError extends PlantainError {
  override readonly name = 'ConnectionError';
}

/** There was no answer in time, or `wait` waited as long as it was to; the task then goes on. */
export class TimeoutError extends PlantainError {
  override readonly name = 'TimeoutError';
}

/** The task that was waited for ended without pictures. */
export class TaskFailedError extends PlantainError {
  override readonly name = 'TaskFailedError';
  readonly task: TaskData;
  /** Why, from a closed list; `undefined` where the server is not a Plantain. */
  readonly type: TaskErrorType | undefined;
  /** Whether the same request may succeed another time. */
  readonly retryable: boolean;

  constructor(task: TaskData) {
    const said = task.error?.message ?? task.msg;
    super(said === '' ? 'The task failed, and the server does not say why.' : said);
    this.task = task;
    this.type = task.error?.type;
    this.retryable = task.error?.retryable ?? false;
  }
}

/** The server at `baseUrl` has no such call: the API's original vendor knows only how to submit a task and to ask for it. */
export class UnsupportedError extends PlantainError {
  override readonly name = 'UnsupportedError';
}

/** A webhook is not from whom it says it is, or came too late: do not act on it. */
export class WebhookVerificationError extends PlantainError {
  override readonly name = 'WebhookVerificationError';
}

const classes: Readonly<Record<number, [typeof ApiError, hint?: string]>> = {
  400: [InvalidRequestError],
  401: [AuthenticationError, 'Pass the key of this server as apiKey.'],
  403: [ForbiddenError, 'This needs a key with more rights.'],
  404: [NotFoundError, 'Only the key that made something finds it, and records are deleted after a time.'],
  409: [ConflictError],
  413: [InvalidRequestError],
  415: [InvalidRequestError],
  422: [InvalidRequestError],
  429: [RateLimitedError, 'Send less at once, or wait for retryAfterSeconds.'],
};

/** The error of the class that belongs to the status. */
export function toApiError(refusal: Refusal): ApiError {
  const [Class, hint] = classes[refusal.status] ?? [ApiError];
  return new Class({ hint, ...refusal });
}
