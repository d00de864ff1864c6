// Classes of errors that a program can tell apart. Every message is a sentence for people and never has the key in it.

import type { Fault, LimitFault, RequestErrorType } from './wire/envelope-types.ts';
import type { TaskData, TaskErrorType } from './wire/task-types.ts';

/** Base class of every error of this package. An aborted signal rejects with its own reason instead. */
export class PlantainError extends Error {
  override readonly name: string = 'PlantainError';
  /** Advice on a remedy, where one is known. */
  readonly hint: string | undefined;

  constructor(message: string, { hint, cause }: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.hint = hint;
  }
}

/** Members of an `ApiError`. */
export interface Refusal {
  message: string;
  /** HTTP status, or the code in place of it inside an HTTP 200. */
  status: number;
  /** Absent where the server is not a Plantain. */
  type?: RequestErrorType | undefined;
  requestId?: string | undefined;
  details?: readonly (Fault | LimitFault)[] | undefined;
  retryAfterSeconds?: number | undefined;
  hint?: string | undefined;
}

/** Details come from the server: they may be anything. */
function isLimitFault(detail: unknown): detail is LimitFault {
  return typeof detail === 'object' && detail !== null && 'limit' in detail && 'of' in detail;
}

/** Thrown where the server refuses a request or fails at it. */
export class ApiError extends PlantainError {
  override readonly name: string = 'ApiError';
  /** HTTP status, or the code in place of it inside an HTTP 200, where some servers of this API have it. */
  readonly status: number;
  /** Reason, from a closed list; `undefined` where the server is not a Plantain. */
  readonly type: RequestErrorType | undefined;
  /** Id of the request in the server's log. */
  readonly requestId: string | undefined;
  /** Every fault of the request, with its path; `[]` where the server names none. */
  readonly details: readonly (Fault | LimitFault)[];
  /** Delay before another try that the server asks for. */
  readonly retryAfterSeconds: number | undefined;

  constructor({ message, hint, status, type, requestId, details, retryAfterSeconds }: Refusal) {
    super(message, { hint });
    this.status = status;
    this.type = type;
    this.requestId = requestId;
    this.details = details ?? [];
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Budget or limit that refused the request, and how much of it is used; `undefined` where none did. */
  get limit(): LimitFault | undefined {
    return this.details.find(isLimitFault);
  }

  /** Time from which that limit begins anew; `null` where it does not by itself, or nothing is known. */
  get resetsAt(): Date | null {
    const seconds = Number(this.limit?.resets_at ?? Number.NaN);
    return Number.isNaN(seconds) ? null : new Date(seconds * 1000);
  }
}

/** 400, 413, 415, 422: a request that will always be refused as it is. */
export class InvalidRequestError extends ApiError {
  override readonly name = 'InvalidRequestError';
}

/** 401: the key is missing, unknown, revoked or expired. */
export class AuthenticationError extends ApiError {
  override readonly name = 'AuthenticationError';
}

/** 402: the budget of the key, or of its owner, has too little left for the request. */
export class BudgetExhaustedError extends ApiError {
  override readonly name = 'BudgetExhaustedError';

  /** Sum left in the budget, micro-dollars, which may be negative; `undefined` where the server does not say. */
  get leftMicroUsd(): number | undefined {
    const {
      limit_micro_usd: amount,
      spent_micro_usd: spent = 0,
      reserved_micro_usd: reserved = 0,
    } = this.limit ?? {};
    return amount === undefined ? undefined : amount - spent - reserved;
  }
}

/** 403: the key lacks the right to this call. */
export class ForbiddenError extends ApiError {
  override readonly name = 'ForbiddenError';
}

/** 404: the key has nothing with that id. */
export class NotFoundError extends ApiError {
  override readonly name = 'NotFoundError';
}

/** 409: the task is not in the state that the request needs, or the idempotency key was used for another request. */
export class ConflictError extends ApiError {
  override readonly name = 'ConflictError';
}

/** 429, after retries did not help or would have come too late: `limit` says which limit it was. */
export class RateLimitedError extends ApiError {
  override readonly name = 'RateLimitedError';
}

/** Answer of something other than this API: the page of a proxy, or another server at `baseUrl`. */
export class UnexpectedAnswerError extends ApiError {
  override readonly name = 'UnexpectedAnswerError';
}

/** Absence of an answer: nothing listens, the name is unknown, or the connection broke. */
export class ConnectionError extends PlantainError {
  override readonly name = 'ConnectionError';
}

/** Absence of an answer in time, or the end of the time limit of `wait`; the task then goes on. */
export class TimeoutError extends PlantainError {
  override readonly name = 'TimeoutError';
}

/** End of an awaited task without pictures. */
export class TaskFailedError extends PlantainError {
  override readonly name = 'TaskFailedError';
  readonly task: TaskData;
  /** Reason, from a closed list; `undefined` where the server is not a Plantain. */
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

/** Absence of a call on the server at `baseUrl`: the API's original vendor has only submits and the status of a task. */
export class UnsupportedError extends PlantainError {
  override readonly name = 'UnsupportedError';
}

/** Webhook of another sender than it claims, or one that came too late: do not act on it. */
export class WebhookVerificationError extends PlantainError {
  override readonly name = 'WebhookVerificationError';
}

const classes: Readonly<Record<number, [typeof ApiError, hint?: string]>> = {
  400: [InvalidRequestError],
  401: [AuthenticationError, 'Pass the key of this server as apiKey.'],
  402: [
    BudgetExhaustedError,
    'limit says whose budget it is and what is left, resetsAt when it begins anew.',
  ],
  403: [ForbiddenError, 'This needs a key with more rights.'],
  404: [NotFoundError, 'Only the key that made something finds it, and records are deleted after a time.'],
  409: [ConflictError],
  413: [InvalidRequestError],
  415: [InvalidRequestError],
  422: [InvalidRequestError],
  429: [RateLimitedError, 'Send less at once, or wait for retryAfterSeconds.'],
};

/** Makes the error of the class that belongs to the status. */
export function toApiError(refusal: Refusal): ApiError {
  const [Class, hint] = classes[refusal.status] ?? [ApiError];
  return new Class({ hint, ...refusal });
}
