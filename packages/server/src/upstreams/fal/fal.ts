// The upstream `fal`: fal's queue, to which a model is submitted and which is asked until the job has ended.
// The answers hold links to go on with; they are not followed, since they could carry the key to another host.

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { Operation } from '../../core/task.ts';
import type {
  OperationFailure,
  OperationProgress,
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../../core/upstream.ts';
import { readDescription } from '../answered-words.ts';
import { createApiCalls } from '../api-calls.ts';
import type { ApiCalls, ApiOptions } from '../api-calls.ts';
import { cancelFailure } from '../http-failure.ts';
import { fetchPictures } from '../linked-pictures.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import {
  endingFailure,
  errorFailure,
  goneFailure,
  isEnding,
  isFals,
  noImageFailure,
  unreadableFailure,
} from './failures.ts';
import { falModel } from './models.ts';
import { appOf, buildInput, defaultBaseUrl, endpointOf } from './request.ts';

/** A job that nobody has: 404 shows that the key was accepted, as a wrong one gives 401. */
const probe = { model: 'fal-ai/nano-banana', requestId: '00000000-0000-0000-0000-000000000000' };

const submitted = z.object({ request_id: z.string().regex(/^[\w-]{1,200}$/) });
const jobState = z.object({ status: z.enum(['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED']) });
const jobResult = z.object({
  images: z.array(z.object({ url: z.string().catch('') }).catch({ url: '' })).catch([]),
  description: z.string().catch(''),
});

export interface FalOptions extends ApiOptions {
  /** As fal gives it: an id and a secret with a colon between. */
  apiKey: string;
}

/** An upstream that makes pictures with models at fal. Throws `TypeError` at once when the base URL is none. */
export function createFal({ apiKey, baseUrl = defaultBaseUrl, ...options }: FalOptions): Upstream {
  const queue = createApiCalls({
    ...options,
    upstream: 'fal',
    baseUrl,
    authorization: `Key ${apiKey}`,
    keys: [apiKey, ...apiKey.split(':')],
  });
  return {
    name: 'fal',
    capabilities: (model) => falModel(model).capabilities,
    start: (request, context) => start(queue, request, context),
    poll: (operation, context) => poll(queue, operation, context),
    cancel: (operation, signal) => cancel(queue, operation, signal),
    check: (signal) => check(queue, signal),
  };
}

async function start(
  { call, reading, timeoutMs }: ApiCalls,
  request: UpstreamRequest,
  { prompt, signal }: UpstreamContext,
): Promise<StartedOperation> {
  const path = endpointOf(request);
  const json = buildInput(request);
  const answer = await call('POST', path.split('/'), { body: { json }, timeoutMs, signal });
  if (!isOk(answer)) throw new TaskError(errorFailure(answer, reading(prompt, true)));
  const { data } = submitted.safeParse(answer.json);
  if (data === undefined) throw new TaskError(unreadableFailure('start'));
  return { operation: { model: appOf(path), requestId: data.request_id }, warnings: [] };
}

async function poll(
  queue: ApiCalls,
  operation: Operation,
  { prompt, signal }: UpstreamContext,
): Promise<UpstreamResult | OperationFailure | OperationProgress> {
  const { call, reading } = queue;
  const state = await call('GET', [...jobPath(operation), 'status'], { signal });
  if (state.status === 404) return { failure: goneFailure() };
  if (!isOk(state)) throw new TaskError(errorFailure(state, reading(prompt)));
  const { data } = jobState.safeParse(state.json);
  if (data === undefined) throw new TaskError(unreadableFailure('poll'));
  if (data.status !== 'COMPLETED') return {};

  const answer = await call('GET', jobPath(operation), { signal });
  if (isOk(answer)) return await readResult(queue, answer, signal);
  if (isEnding(answer)) return { failure: endingFailure(answer, reading(prompt)) };
  throw new TaskError(errorFailure(answer, reading(prompt)));
}

async function readResult(
  { download, reading }: ApiCalls,
  answer: Answer,
  signal: AbortSignal,
): Promise<UpstreamResult | OperationFailure> {
  const { data } = jobResult.safeParse(answer.json);
  if (data === undefined) throw new TaskError(unreadableFailure('poll'));
  const links = data.images.map(({ url }) => url).filter((url) => url !== '');
  if (links.length === 0) return { failure: noImageFailure() };
  const { pictures, warnings } = await fetchPictures(links, { download, signal });
  const words = readDescription(data.description, reading('').secrets);
  return { pictures, description: words.description, warnings: [...warnings, ...words.warnings] };
}

async function cancel({ call, reading }: ApiCalls, operation: Operation, signal: AbortSignal): Promise<void> {
  const answer = await call('PUT', [...jobPath(operation), 'cancel'], { signal });
  // 400 says that it has ended already, and 404 that it is gone.
  if (isOk(answer) || answer.status === 400 || answer.status === 404) return;
  throw new TaskError(cancelFailure('fal', answer, reading('').now));
}

async function check({ call, reading }: ApiCalls, signal: AbortSignal): Promise<string> {
  const answer = await call('GET', [...jobPath(probe), 'status'], { signal });
  if (!isOk(answer) && !(answer.status === 404 && isFals(answer)))
    throw new TaskError(errorFailure(answer, reading('')));
  return 'fal answered and took the key.';
}

function jobPath({ model = '', requestId = '' }: Operation): string[] {
  return [...model.split('/'), 'requests', requestId];
}
