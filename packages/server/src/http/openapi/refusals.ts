// Every refusal of a request: when it comes, and what it looks like. One response of the document for each type.

import type { Fault, LimitFault, RequestErrorType, TaskErrorType } from '@plantain/client';
import { codeOf, statusOf } from '../refusals/envelope.ts';
import type { FaceForm } from '../refusals/face-form.ts';
import { reference } from './components.ts';
import type { ResponseObject } from './json-schema.ts';

interface Described {
  when: string;
  message: string;
  fault?: Fault | LimitFault;
  headers?: Record<string, { $ref: string }>;
}

const retryAfter = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } };
/** Headers that tell of limits. */
export const rateFields = {
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
  RateLimit: { $ref: '#/components/headers/RateLimit' },
};

const budgetMessage =
  'The budget of the key key_3fJq8ZkT0aBc is exhausted: of $5.00 a day, $4.90 are spent and $0.0672 reserved, and this task would cost $0.0336. It begins anew at 2026-11-24T00:00:00.000Z.';

/** Refusals of requests, and failures of tasks that a call waited for. */
export type RefusalType = RequestErrorType | TaskErrorType;

const failure = (when: string, message: string): Described => ({ when: `The task failed: ${when}`, message });

const described: Readonly<Record<RefusalType, Described>> = {
  content_rejected: failure(
    'the upstream refused the prompt or a picture',
    'The upstream refused this request by its rules.',
  ),
  no_image: failure('the upstream answered without a picture', 'The upstream gave no picture.'),
  upstream_bad_request: failure(
    'the upstream took the request for a faulty one',
    'The upstream refused the request.',
  ),
  upstream_rate_limited: failure('the upstream has its limits', 'The upstream limits its calls.'),
  upstream_quota: failure('the upstream’s quota is used up', 'The upstream’s quota is used up.'),
  upstream_billing: failure('the upstream is not paid', 'The account at the upstream has no credit.'),
  upstream_auth: failure('the upstream does not know the server’s key', 'The upstream refused the key.'),
  upstream_unavailable: failure('the upstream was not there', 'The upstream could not be reached.'),
  deadline_exceeded: failure('its deadline passed', 'The task did not end in time.'),
  cancelled: failure('it was cancelled', 'The task was cancelled.'),
  invalid_request: {
    when: 'A member of the body, a parameter or a header is off; details has every fault',
    message: 'The request is not valid: prompt is required and must not be empty.',
    fault: { path: 'prompt', message: 'is required and must not be empty' },
  },
  unauthenticated: {
    when: 'No key, or one that is not known, was revoked or has expired',
    message: 'This API key is not known, or was revoked, or has expired.',
    headers: {
      'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' },
    },
  },
  budget_exhausted: {
    when: 'The budget of the key or its owner has too little left for the tasks; details has its sums. Retry-After is there where the budget begins anew',
    message: budgetMessage,
    fault: {
      path: '',
      message: budgetMessage,
      of: 'key',
      id: 'key_3fJq8ZkT0aBc',
      limit: 'budget',
      period: 'day',
      limit_micro_usd: 5_000_000,
      spent_micro_usd: 4_900_000,
      reserved_micro_usd: 67_200,
      cost_micro_usd: 33_600,
      resets_at: '1795478400',
      fits: 0,
    },
  },
  forbidden: {
    when: 'The key may not do this, or a signed link is not complete or was not made by this server',
    message: 'This call needs an admin key.',
  },
  not_found: {
    when: 'This key has nothing with this id, or it has expired or was deleted',
    message: 'This key has no task with this id.',
  },
  conflict: {
    when: 'The state of the thing does not allow it; of a submit: the Idempotency-Key was used with another body',
    message: 'This task has ended already, so there is nothing to cancel.',
  },
  too_large: {
    when: 'The body, or a picture in it, is over the limit',
    message: 'The body is larger than 67,108,864 bytes. Send pictures as links, or smaller.',
  },
  unsupported_media: {
    when: 'Not a kind of body that is taken',
    message: 'A body of type "text/xml" is not taken. Send application/json, a form, or multipart/form-data.',
  },
  input_unreachable: {
    when: 'A picture of the request can’t be had, is damaged or none, or its link may not be called',
    message: 'image_urls[0]: the picture is damaged.',
    fault: { path: 'image_urls[0]', message: 'the picture is damaged' },
  },
  rate_limited: {
    when: 'A limit of the key or of its owner is used up, and details says which; or the key has as many long polls and event streams open as it may have; or many requests with keys that are not valid came from this network',
    message:
      'This key may make 600 queries in a minute (queries_per_minute) in all its programs, and these are used up. Try again in 12 s.',
    fault: {
      path: '',
      message:
        'This key may make 600 queries in a minute (queries_per_minute) in all its programs, and these are used up. Try again in 12 s.',
      of: 'key',
      id: 'key_h2mD0pQzXk3a',
      limit: 'queries_per_minute',
      max: 600,
      resets_at: '1767225600',
    },
    headers: { ...retryAfter, ...rateFields },
  },
  internal: {
    when: 'A fault of the server, whose log has the request_id',
    message: 'A fault inside this server. Its log has the details under the request id req_1f0c_7.',
  },
  overloaded: {
    when: 'The server is stopping, or its queue, its disk or its memory is full',
    message: 'Too many large requests at once. Try again in a moment.',
    headers: retryAfter,
  },
};

/** The document’s `components.responses`, by the type of error. */
export function createRefusals(types: readonly RefusalType[]): Record<string, ResponseObject> {
  const responses = types.map((type) => {
    const { when, message, fault, headers } = described[type];
    const status = statusIn(type);
    const example = {
      code: status,
      msg: message,
      message,
      data: null,
      exec_time: 0.000214,
      ip: '203.0.113.7',
      error: {
        type,
        message,
        request_id: 'req_1f0c2a9e_7',
        ...(fault === undefined ? {} : { details: [fault] }),
      },
    };
    const schema = reference('ErrorEnvelope');
    const known = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' }, ...headers };
    return [
      type,
      { description: when, headers: known, content: { 'application/json': { schema, example } } },
    ];
  });
  return Object.fromEntries(responses) as Record<string, ResponseObject>;
}

/** The responses of a call that may be refused in these ways, by status. */
export function refusalsOf(types: readonly RefusalType[]): Record<string, { $ref: string }> {
  return Object.fromEntries(
    types.map((type) => [String(statusIn(type)), { $ref: `#/components/responses/${type}` }]),
  );
}

/** The responses of a call of a face, in its form; several types may share a status there. */
export function faceRefusalsOf(
  form: FaceForm,
  types: readonly RefusalType[],
): Record<string, ResponseObject> {
  const examples = types.map((type) => {
    const { when, message, fault, headers } = described[type];
    const details = fault === undefined ? undefined : [fault];
    const refusal = { status: statusIn(type), type, message, requestId: 'req_1f0c2a9e_7', details };
    return { type, when, headers, answer: form.refuse(refusal) };
  });
  const byStatus = Map.groupBy(examples, ({ answer }) => String(answer.status));
  const responses = [...byStatus].map(([status, alike]) => {
    const headers = headersOf(alike.map((each) => each.headers ?? {}));
    const [{ answer } = { answer: { body: {} } }] = alike;
    const shown =
      alike.length === 1
        ? { example: answer.body }
        : {
            examples: Object.fromEntries(
              alike.map(({ type, ...each }) => [type, { value: each.answer.body }]),
            ),
          };
    return [
      status,
      {
        description: alike.map(({ when }) => when).join('. Or: '),
        ...(Object.keys(headers).length === 0 ? {} : { headers }),
        content: { 'application/json': { schema: form.schema, ...shown } },
      },
    ];
  });
  return Object.fromEntries(responses) as Record<string, ResponseObject>;
}

/** Headers of answers that share a status: those that not all of them have are there at times. */
function headersOf(each: readonly Record<string, { $ref: string }>[]): object {
  const atTimes = { description: 'On some of these answers', required: false, schema: { type: 'string' } };
  const all = Object.assign({}, ...each) as Record<string, { $ref: string }>;
  const isCommon = (name: string) => each.every((headers) => name in headers);
  return Object.fromEntries(
    Object.entries(all).map(([name, header]) => [name, isCommon(name) ? header : atTimes]),
  );
}

function statusIn(type: RefusalType): number {
  return type in statusOf ? statusOf[type as RequestErrorType] : codeOf[type as TaskErrorType];
}
