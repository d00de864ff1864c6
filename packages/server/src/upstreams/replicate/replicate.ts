// The upstream `replicate`: a prediction is made and asked after until it has ended. It is made without `Prefer: wait`, so
// that its id is known, and kept with the task, before any time has passed.

import { FormData } from 'undici';
import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { Operation } from '../../core/task.ts';
import type {
  OperationFailure,
  OperationProgress,
  Picture,
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../../core/upstream.ts';
import { createSystemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { safeText } from '../../lib/safe-text.ts';
import { convertInputs } from '../convert-inputs.ts';
import { createDownload } from '../download.ts';
import type { Download, FetchPublic } from '../download.ts';
import { createTransport, parseJson } from '../transport.ts';
import type { Answer, Call, Transport } from '../transport.ts';
import { askingFailure, goneFailure, refusal, unreadableFailure } from './failures.ts';
import type { Reading } from './failures.ts';
import { replicateModel } from './models.ts';
import { readPrediction } from './prediction.ts';
import { apiUrl, buildInput, dataUri, defaultBaseUrl, largestInline, predictionsOf } from './request.ts';

const inputTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp']);
const askingTimeoutMs = 30_000;

const created = z.object({ id: z.string().regex(/^[\w-]{1,200}$/) });
const uploaded = z.object({ urls: z.object({ get: z.string() }) });
const account = z.object({ username: z.string() });

export interface ReplicateOptions {
  apiToken: string;
  /** Default Replicate's own, with its `/v1`. A path is kept. */
  baseUrl?: string | undefined;
  /** Fetches the pictures, which lie on another host. */
  fetchPublic: FetchPublic;
  /** How long making a prediction, or uploading one input picture, may take; default 120,000. */
  timeoutMs?: number | undefined;
  /** The largest answer, and the largest picture, that is read. */
  maxAnswerBytes?: number | undefined;
  /** Given when several upstreams share one; without it the upstream has its own. */
  transport?: Transport | undefined;
  clock?: Clock | undefined;
}

/** What the calls below are made with. */
interface Api {
  call(method: 'GET' | 'POST', path: string, more: Pick<Call, 'signal'> & Partial<Call>): Promise<Answer>;
  reading(prompt?: string): Reading;
  download: Download;
  timeoutMs: number;
}

/** An upstream that makes pictures with models at Replicate. Throws `TypeError` at once when the base URL is none. */
export function createReplicate(options: ReplicateOptions): Upstream {
  const { apiToken, baseUrl = defaultBaseUrl, fetchPublic, timeoutMs = 120_000, maxAnswerBytes } = options;
  const { transport = createTransport(), clock = createSystemClock() } = options;
  const api: Api = {
    call: (method, path, more) =>
      transport.send({
        upstream: 'Replicate',
        url: apiUrl(baseUrl, path),
        method,
        headers: { authorization: `Bearer ${apiToken}` },
        timeoutMs: askingTimeoutMs,
        ...(maxAnswerBytes === undefined ? {} : { maxAnswerBytes }),
        ...more,
      }),
    reading: (prompt = '') => ({ now: clock.now(), secrets: [apiToken, prompt] }),
    download: createDownload({ upstream: 'Replicate', baseUrl, transport, fetchPublic, maxAnswerBytes }),
    timeoutMs,
  };
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
  api: Api,
  request: UpstreamRequest,
  { signal }: UpstreamContext,
): Promise<StartedOperation> {
  const { path, version } = predictionsOf(request.model);
  const { pictures, warnings } = await convertInputs(request.inputs, {
    taken: inputTypes,
    upstream: 'Replicate',
    signal,
  });
  const links = [];
  for (const picture of pictures)
    links.push(picture.bytes.length > largestInline ? await upload(api, picture, signal) : dataUri(picture));
  const json = { ...version, input: buildInput(request, links) };
  const answer = await api.call('POST', path, { body: { json }, timeoutMs: api.timeoutMs, signal });
  if (!isOk(answer)) throw new TaskError(refusal(answer, api.reading(request.prompt)));
  const { data } = created.safeParse(parseJson(answer.bytes));
  if (data === undefined) throw new TaskError(unreadableFailure('start'));
  return { operation: { id: data.id }, warnings };
}

/** The link under which the models at Replicate find the picture; it is never called from here. */
async function upload(
  { call, reading, timeoutMs }: Api,
  { bytes, contentType }: Picture,
  signal: AbortSignal,
): Promise<string> {
  const form = new FormData();
  const file = new Blob([new Uint8Array(bytes)], { type: contentType });
  form.append('content', file, `input.${contentType.replace('image/', '')}`);
  const answer = await call('POST', 'files', { billable: false, body: { form }, timeoutMs, signal });
  if (!isOk(answer)) throw new TaskError(askingFailure(answer, reading()));
  const { data } = uploaded.safeParse(parseJson(answer.bytes));
  if (data === undefined) throw new TaskError(unreadableFailure('ask'));
  return data.urls.get;
}

async function poll(
  { call, reading, download }: Api,
  { id = '' }: Operation,
  { signal }: UpstreamContext,
): Promise<UpstreamResult | OperationFailure | OperationProgress> {
  const answer = await call('GET', `predictions/${id}`, { signal });
  if (answer.status === 404) return { failure: goneFailure('prediction not found') };
  if (!isOk(answer)) throw new TaskError(askingFailure(answer, reading()));
  const state = readPrediction(answer, reading().secrets);
  if (state.kind === 'going on') return {};
  if (state.kind === 'ended') return { failure: state.failure };
  const pictures = [];
  for (const link of state.links) pictures.push(await download(link, signal));
  return { pictures, description: '', warnings: [] };
}

async function cancel({ call, reading }: Api, { id = '' }: Operation, signal: AbortSignal): Promise<void> {
  const answer = await call('POST', `predictions/${id}/cancel`, { billable: false, signal });
  if (!isOk(answer) && answer.status !== 404) throw new TaskError(askingFailure(answer, reading()));
}

async function check({ call, reading }: Api, signal: AbortSignal): Promise<string> {
  const answer = await call('GET', 'account', { signal });
  if (!isOk(answer)) throw new TaskError(askingFailure(answer, reading()));
  const { data } = account.safeParse(parseJson(answer.bytes));
  if (data === undefined) throw new TaskError(unreadableFailure('ask'));
  return `Replicate took the token of the account ${safeText(data.username, reading().secrets, 60)}.`;
}

function isOk({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}
