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
import { createSystemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { convertInputs } from '../convert-inputs.ts';
import { createDownload } from '../download.ts';
import type { Download, FetchPublic } from '../download.ts';
import { createTransport, parseJson } from '../transport.ts';
import type { Answer, Call, Transport } from '../transport.ts';
import {
  askingFailure,
  endingFailure,
  goneFailure,
  isEnding,
  isFals,
  noImageFailure,
  refusal,
  unreadableFailure,
} from './failures.ts';
import type { Reading } from './failures.ts';
import { falModel } from './models.ts';
import { appOf, buildInput, defaultBaseUrl, endpointOf, queueUrl } from './request.ts';

const inputTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp']);
const askingTimeoutMs = 30_000;
/** Words beside a picture are a sentence or two; more than this is not worth storing with a task. */
const longestDescription = 32_768;
/** The status of a job that nobody has: 404 shows that the key was accepted, as a wrong one gives 401. */
const probe = 'fal-ai/nano-banana/requests/00000000-0000-0000-0000-000000000000/status';

const submitted = z.object({ request_id: z.string().regex(/^[\w-]{1,200}$/) });
const jobState = z.object({ status: z.enum(['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED']) });
const jobResult = z.object({
  images: z.array(z.object({ url: z.string().catch('') }).catch({ url: '' })).catch([]),
  description: z.string().catch(''),
});

export interface FalOptions {
  /** As fal gives it: an id and a secret with a colon between. */
  apiKey: string;
  /** Default fal's own. A path is kept. */
  baseUrl?: string | undefined;
  /** Fetches the pictures, which lie on another host. */
  fetchPublic: FetchPublic;
  /** How long submitting may take, input pictures and all; default 120,000. */
  timeoutMs?: number | undefined;
  /** The largest answer, and the largest picture, that is read. */
  maxAnswerBytes?: number | undefined;
  /** Given when several upstreams share one; without it the upstream has its own. */
  transport?: Transport | undefined;
  clock?: Clock | undefined;
}

/** What the calls below are made with. */
interface Queue {
  call(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    more: Pick<Call, 'signal'> & Partial<Call>,
  ): Promise<Answer>;
  reading(prompt?: string): Reading;
  download: Download;
  timeoutMs: number;
}

/** An upstream that makes pictures with models at fal. Throws `TypeError` at once when the base URL is none. */
export function createFal(options: FalOptions): Upstream {
  const { apiKey, baseUrl = defaultBaseUrl, fetchPublic, timeoutMs = 120_000, maxAnswerBytes } = options;
  const { transport = createTransport(), clock = createSystemClock() } = options;
  const queue: Queue = {
    call: (method, path, more) =>
      transport.send({
        upstream: 'fal',
        url: queueUrl(baseUrl, path),
        method,
        headers: { authorization: `Key ${apiKey}` },
        timeoutMs: askingTimeoutMs,
        ...(maxAnswerBytes === undefined ? {} : { maxAnswerBytes }),
        ...more,
      }),
    reading: (prompt = '') => ({ now: clock.now(), secrets: [apiKey, ...apiKey.split(':'), prompt] }),
    download: createDownload({ upstream: 'fal', baseUrl, transport, fetchPublic, maxAnswerBytes }),
    timeoutMs,
  };
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
  { call, reading, timeoutMs }: Queue,
  request: UpstreamRequest,
  { signal }: UpstreamContext,
): Promise<StartedOperation> {
  const endpoint = endpointOf(request);
  const { pictures, warnings } = await convertInputs(request.inputs, {
    taken: inputTypes,
    upstream: 'fal',
    signal,
  });
  const json = buildInput({ ...request, inputs: pictures });
  const answer = await call('POST', endpoint, { body: { json }, timeoutMs, signal });
  if (!isOk(answer)) throw new TaskError(refusal(answer, reading(request.prompt)));
  const { data } = submitted.safeParse(parseJson(answer.bytes));
  if (data === undefined) throw new TaskError(unreadableFailure('start'));
  return { operation: { model: appOf(endpoint), requestId: data.request_id }, warnings };
}

async function poll(
  queue: Queue,
  operation: Operation,
  { signal }: UpstreamContext,
): Promise<UpstreamResult | OperationFailure | OperationProgress> {
  const { call, reading } = queue;
  const state = await call('GET', `${jobPath(operation)}/status`, { signal });
  if (state.status === 404) return { failure: goneFailure() };
  if (!isOk(state)) throw new TaskError(askingFailure(state, reading()));
  const { data } = jobState.safeParse(parseJson(state.bytes));
  if (data === undefined) throw new TaskError(unreadableFailure('poll'));
  if (data.status !== 'COMPLETED') return {};

  const answer = await call('GET', jobPath(operation), { signal });
  if (isOk(answer)) return await readResult(queue, answer, signal);
  if (isEnding(answer)) return { failure: endingFailure(answer, reading()) };
  throw new TaskError(askingFailure(answer, reading()));
}

async function readResult(
  { download }: Queue,
  answer: Answer,
  signal: AbortSignal,
): Promise<UpstreamResult | OperationFailure> {
  const { data } = jobResult.safeParse(parseJson(answer.bytes));
  if (data === undefined) throw new TaskError(unreadableFailure('poll'));
  const links = data.images.map(({ url }) => url).filter((url) => url !== '');
  if (links.length === 0) return { failure: noImageFailure() };
  const pictures = [];
  for (const link of links) pictures.push(await download(link, signal));
  return {
    pictures,
    description: data.description.slice(0, longestDescription).toWellFormed(),
    warnings: [],
  };
}

async function cancel({ call, reading }: Queue, operation: Operation, signal: AbortSignal): Promise<void> {
  const answer = await call('PUT', `${jobPath(operation)}/cancel`, { signal });
  // 400 says that it has ended already, and 404 that it is gone.
  if (isOk(answer) || answer.status === 400 || answer.status === 404) return;
  throw new TaskError(askingFailure(answer, reading()));
}

async function check({ call, reading }: Queue, signal: AbortSignal): Promise<string> {
  const answer = await call('GET', probe, { signal });
  if (!isOk(answer) && !(answer.status === 404 && isFals(answer)))
    throw new TaskError(askingFailure(answer, reading()));
  return 'fal answered and took the key.';
}

function jobPath({ model = '', requestId = '' }: Operation): string {
  return `${model}/requests/${requestId}`;
}

function isOk({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}
