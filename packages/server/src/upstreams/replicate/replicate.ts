// The upstream `replicate`: a prediction is made and asked after until it has ended. It is made without `Prefer: wait`, so
// that its id is known, and kept with the task, before any time has passed.

import { FormData } from 'undici';
import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type {
  OperationFailure,
  OperationProgress,
  Picture,
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../../core/upstreams/upstream.ts';
import { safeText } from '../../lib/safe-text.ts';
import { asMeantProblem, createApiCalls } from '../api-calls.ts';
import type { ApiCalls, ApiOptions } from '../api-calls.ts';
import { collectResult } from '../results/collect-result.ts';
import { pollFinished } from '../results/finished-pictures.ts';
import { cancelFailure } from '../failures/http-failure.ts';
import { dataUriOf } from '../results/inline-picture.ts';
import { idInLink, readOperationId } from '../operations/operation-id.ts';
import { isOk } from '../transport.ts';
import { unreadError } from '../answers/unread-answer.ts';
import { errorFailure, goneFailure, noImageFailure, unreadableFailure } from './failures.ts';
import { replicateModel } from './models.ts';
import { readPrediction } from './prediction.ts';
import { buildInput, defaultBaseUrl, largestInline, predictionsOf } from './request.ts';

/** The surest first. */
const idNames = ['id', 'predictionid', 'taskid'];
const linked = z.object({ urls: z.object({ get: z.string() }) });
const credential = z.object({ username: z.string() });

export interface ReplicateOptions extends ApiOptions {
  apiToken: string;
}

/** An upstream that makes pictures with models at Replicate. Throws `TypeError` at once when the base URL is none. */
export function createReplicate({
  apiToken,
  baseUrl = defaultBaseUrl,
  ...options
}: ReplicateOptions): Upstream {
  const api = createApiCalls({
    ...options,
    upstream: 'Replicate',
    baseUrl,
    authorization: `Bearer ${apiToken}`,
    keys: [apiToken],
  });
  return {
    name: 'replicate',
    capabilities: (model) => replicateModel(model).capabilities,
    start: (request, context) => start(api, request, context),
    poll: (operation, context) => poll(api, operation, context),
    cancel: (operation, signal) => cancel(api, operation, signal),
    check: (signal) => check(api, signal),
  };
}

async function start(
  api: ApiCalls,
  request: UpstreamRequest,
  context: UpstreamContext,
): Promise<StartedOperation | UpstreamResult> {
  const { prompt, signal } = context;
  const { path, version } = predictionsOf(request.model);
  const links = [];
  for (const picture of request.inputs)
    links.push(
      picture.bytes.length > largestInline ? await upload(api, picture, context) : dataUriOf(picture),
    );
  const json = { ...version, input: buildInput(request, links) };
  const answer = await api.call('POST', path, { body: { json }, timeoutMs: api.timeoutMs, signal });
  const id = isOk(answer) ? (readOperationId(answer, idNames) ?? idInLinks(answer.json)) : undefined;
  if (id !== undefined) return { operation: { id }, warnings: [] };
  const meant = asMeantProblem(answer);
  if (!isOk(meant)) throw new TaskError(errorFailure(meant, api.reading(prompt, true)));
  const { secrets } = api.reading(prompt);
  throw unreadError(answer, { upstream: 'Replicate', reason: 'no id of a prediction', secrets });
}

function idInLinks(json: unknown): string | undefined {
  return idInLink(linked.safeParse(json).data?.urls.get, 'predictions');
}

/** The link under which the models at Replicate find the picture; it is never called from here. */
async function upload(
  { call, reading, timeoutMs }: ApiCalls,
  { bytes, contentType }: Picture,
  { prompt, signal }: UpstreamContext,
): Promise<string> {
  const form = new FormData();
  const file = new Blob([new Uint8Array(bytes)], { type: contentType });
  form.append('content', file, `input.${contentType.replace('image/', '')}`);
  const answer = await call('POST', ['files'], { billable: false, body: { form }, timeoutMs, signal });
  if (!isOk(answer)) throw new TaskError(errorFailure(answer, reading(prompt)));
  const { data } = linked.safeParse(answer.json);
  if (data === undefined) throw new TaskError(unreadableFailure());
  return data.urls.get;
}

async function poll(
  { call, reading, download }: ApiCalls,
  operation: Operation,
  { prompt, signal }: UpstreamContext,
): Promise<UpstreamResult | OperationFailure | OperationProgress> {
  if ('finished' in operation) return await pollFinished(operation, { download, signal });
  const answer = await call('GET', ['predictions', operation['id'] ?? ''], { signal });
  if (answer.status === 404) return { failure: goneFailure('prediction not found') };
  if (!isOk(answer)) throw new TaskError(errorFailure(answer, reading(prompt)));
  const state = readPrediction(answer, reading(prompt));
  if (state.kind === 'going on') return {};
  if (state.kind === 'ended') return { failure: state.failure };
  const beside = { description: '', warnings: [] };
  const result = { upstream: 'Replicate', answer, pictures: state.pictures, beside };
  const noImage = noImageFailure(state.words, reading(prompt).secrets);
  return await collectResult(result, { operation, noImage }, { download, signal });
}

async function cancel(
  { call, reading }: ApiCalls,
  { id = '' }: Operation,
  signal: AbortSignal,
): Promise<void> {
  const answer = await call('POST', ['predictions', id, 'cancel'], { billable: false, signal });
  if (isOk(answer) || answer.status === 404) return;
  throw new TaskError(cancelFailure('Replicate', answer, reading('').now));
}

async function check({ call, reading }: ApiCalls, signal: AbortSignal): Promise<string> {
  const answer = await call('GET', ['account'], { signal });
  if (!isOk(answer)) throw new TaskError(errorFailure(answer, reading('')));
  const { data } = credential.safeParse(answer.json);
  if (data === undefined) throw new TaskError(unreadableFailure());
  return `Replicate took the token of the account ${safeText(data.username, reading('').secrets, 60)}.`;
}
