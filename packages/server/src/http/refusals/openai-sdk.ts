// Calls of OpenAI's libraries and of Vercel's AI SDK at /v1, which wait for the picture in the answer and can make nothing of a task's id. They are
// told of /openai/v1 before anything is made or paid. Their headers: npm openai 7.57.0 (internal/detect-platform.js and client.js), and _base_client.py of
// openai-python, whose names differ in case alone. The one for .NET has a User-Agent alone, OpenAI/2.9.1 (.NET 10.0.5; ...), perhaps behind a
// program's own; the AI SDK has ai-sdk/provider-utils/3.0.0 in it, and ai-sdk-provider-utils/5.0.81 since 7.

import type { IncomingHttpHeaders } from 'node:http';
import { RequestError } from '../../core/errors.ts';
import type { Refusal } from './envelope.ts';

/** The call whose answer is a task's id, of those that the libraries make. */
const asynchronousCall = '/v1/images/generations';
const synchronousCalls = new Set([asynchronousCall, '/v1/images/edits', '/v1/images/variations']);

const message =
  'Calls that wait for their picture, as this library’s do, are at the base URL /openai/v1 of this server: set base_url (baseURL in JavaScript) to it. Nothing was made. ' +
  `Here calls make tasks: POST ${asynchronousCall}?async=true (extra_query in Python, the option query in JavaScript), also for edits, answers with ` +
  'a task’s id to ask for at /v1/tasks/{id}.';

/** Thrown where such a call is answered in OpenAI's form of errors. */
export class SynchronousCallError extends RequestError {
  constructor() {
    super('invalid_request', message, { details: [{ path: 'async', message: 'must be true' }] });
    this.name = 'SynchronousCallError';
  }
}

/** `async` as it stands in the query string and among the fields of the body. */
export function refuseSynchronous(
  headers: IncomingHttpHeaders,
  { inQuery, inBody }: { inQuery: unknown; inBody?: unknown },
): void {
  if (isOpenAiLibrary(headers) && !isAsked(inQuery) && !isAsked(inBody)) throw new SynchronousCallError();
}

/** Whether `url` is one of the calls for which there is no path here. */
export function isSynchronousCall(url: string): boolean {
  return synchronousCalls.has(url.split('?', 1)[0]?.replace(/\/$/, '') ?? '');
}

const libraryAgent = /(?:^| )(?:OpenAI\/(?:\d|[A-Za-z]{1,20} \d)|ai-sdk[/-]provider-utils\/)/;

function isOpenAiLibrary(headers: IncomingHttpHeaders): boolean {
  if (Object.keys(headers).some((name) => name.startsWith('x-stainless-'))) return true;
  return libraryAgent.test(headers['user-agent'] ?? '');
}

const isAsked = (value: unknown): boolean =>
  typeof value === 'string' ? !/^(?:false|0|no|off)$/i.test(value) : Boolean(value);

/** OpenAI's form of an error, and beside it the members in which programs of this family look for the sentence. */
export function synchronousBody({ message: said, details }: Pick<Refusal, 'message' | 'details'>): object {
  const error = {
    message: said,
    type: 'invalid_request_error',
    code: 'synchronous_images_not_supported',
    param: 'async',
    details,
  };
  return { error, code: 400, msg: said, message: said };
}
