// The upstream `replicate`: a prediction is made and asked after until it has ended. It is made without `Prefer: wait`, so
// that its id is known, and kept with the task, before any time has passed.

import { FormData } from 'undici';
import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { Picture, Upstream, UpstreamContext } from '../../core/upstreams/upstream.ts';
import { safeText } from '../../lib/safe-text.ts';
import { createApiCalls } from '../api-calls.ts';
import type { ApiCalls, ApiOptions } from '../api-calls.ts';
import { collectResult } from '../results/collect-result.ts';
import { dataUriOf } from '../results/inline-picture.ts';
import { idInLink, readOperationId } from '../operations/operation-id.ts';
import { createOperationUpstream, noOperation } from '../operations/operation-upstream.ts';
import type { OperationWire } from '../operations/operation-upstream.ts';
import { isOk } from '../transport.ts';
import { errorFailure, goneFailure, noImageFailure, unreadableFailure } from './failures.ts';
import { capabilitiesOf } from './models.ts';
import { readPrediction } from './prediction.ts';
import { buildInput, defaultBaseUrl, largestInline, predictionsOf } from './request.ts';

const upstream = 'Replicate';
/** The surest first. */
const idNames = ['id', 'predictionid', 'taskid'];
const linked = z.object({ urls: z.object({ get: z.string() }) });
const account = z.object({ username: z.string() });

export interface ReplicateOptions extends ApiOptions {
  apiToken: string;
}

const replicate: OperationWire = {
  name: 'replicate',
  upstream,
  capabilities: capabilitiesOf,
  async buildSubmit(request, context, api) {
    const { path, version } = predictionsOf(request.model);
    const links = [];
    for (const picture of request.inputs)
      links.push(
        picture.bytes.length > largestInline ? await upload(api, picture, context) : dataUriOf(picture),
      );
    return { path, json: { ...version, input: buildInput(request, links) } };
  },
  readSubmit(answer, { prompt, api }) {
    const id = isOk(answer) ? (readOperationId(answer, idNames) ?? idInLinks(answer.json)) : undefined;
    if (id !== undefined) return { operation: { id }, warnings: [] };
    const unread = { upstream, reason: 'no id of a prediction' };
    throw noOperation(answer, api.reading(prompt, true), unread, errorFailure);
  },
  statusPath: ({ id = '' }) => ['predictions', id],
  async readStatus(answer, { api, operation, prompt, signal }) {
    const reading = api.reading(prompt);
    if (answer.status === 404) return { failure: goneFailure('prediction not found') };
    if (!isOk(answer)) throw new TaskError(errorFailure(answer, reading));
    const state = readPrediction(answer, reading);
    if (state.kind === 'going on') return {};
    if (state.kind === 'ended') return { failure: state.failure };
    const beside = { description: '', warnings: [] };
    const result = { upstream, answer, pictures: state.pictures, beside };
    const noImage = noImageFailure(state.words, reading.secrets);
    return await collectResult(result, { operation, noImage }, { download: api.download, signal });
  },
  cancelMethod: 'POST',
  cancelPath: ({ id = '' }) => ['predictions', id, 'cancel'],
  cancelDone: [404],
  checkPath: () => ['account'],
  readCheck(answer, reading) {
    if (!isOk(answer)) throw new TaskError(errorFailure(answer, reading));
    const { data } = account.safeParse(answer.json);
    if (data === undefined) throw new TaskError(unreadableFailure());
    return `Replicate took the token of the account ${safeText(data.username, reading.secrets, 60)}.`;
  },
};

/** An upstream that makes pictures with models at Replicate. Throws `TypeError` at once when the base URL is none. */
export function createReplicate({
  apiToken,
  baseUrl = defaultBaseUrl,
  ...options
}: ReplicateOptions): Upstream {
  const authorization = `Bearer ${apiToken}`;
  const api = createApiCalls({ ...options, upstream, baseUrl, authorization, keys: [apiToken] });
  return createOperationUpstream(replicate, api);
}

function idInLinks(json: unknown): string | undefined {
  return idInLink(linked.safeParse(json).data?.urls.get, 'predictions');
}

/** Uploads a picture. The link that comes back is for the models at Replicate; it is never called from here. */
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
