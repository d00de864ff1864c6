// The upstream `gemini`: Google's Gemini API, one generateContent call for each task and no SDK.
// The call is synchronous and can't be taken up again: whoever gives up waiting may still pay for it. Only of a finished
// picture that came as a link a later question may bring the bytes.

import { TaskError } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type {
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../../core/upstreams/upstream.ts';
import { createSystemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { createDownload } from '../results/download.ts';
import type { FetchPublic } from '../results/download.ts';
import { finishedPictures, pollFinished } from '../results/finished-pictures.ts';
import { fetchPictures } from '../results/linked-pictures.ts';
import { createTransport, isOk } from '../transport.ts';
import type { Transport } from '../transport.ts';
import { readAnswer } from './answer.ts';
import { createCheck } from './check.ts';
import { errorFailure } from './failures.ts';
import { capabilitiesOf } from './models.ts';
import { buildRequest, defaultBaseUrl, modelUrl } from './request.ts';

const upstream = 'Gemini';

export interface GeminiOptions {
  apiKey: string;
  /** Default Google's own. A path is kept, and so is a `/v1` or `/v1beta` at its end. */
  baseUrl?: string;
  /** How long one call may take; default 300,000, and 600,000 for 4K pictures. */
  timeoutMs?: number;
  /** The largest answer that is read; default `defaultMaxAnswerBytes` of the transport. */
  maxAnswerBytes?: number;
  /** Fetches pictures that came as links to another origin than the base URL's. */
  fetchPublic: FetchPublic;
  /** Given when several upstreams share one, or to close it; without it the upstream has its own, whose idle connections end by themselves. */
  transport?: Transport;
  clock?: Clock;
}

/** An upstream that makes pictures with Gemini. Throws `TypeError` at once when the base URL is none. */
export function createGemini(options: GeminiOptions): Upstream {
  const {
    apiKey,
    baseUrl = defaultBaseUrl,
    transport = createTransport(),
    clock = createSystemClock(),
  } = options;
  const { maxAnswerBytes } = options;
  const download = createDownload({
    upstream,
    baseUrl,
    transport,
    fetchPublic: options.fetchPublic,
    maxAnswerBytes,
  });

  async function start(
    request: UpstreamRequest,
    { prompt, signal }: UpstreamContext,
  ): Promise<UpstreamResult | StartedOperation> {
    const answer = await transport.send({
      upstream,
      url: modelUrl(baseUrl, request.model),
      headers: { 'x-goog-api-key': apiKey },
      body: { json: buildRequest(request) },
      signal,
      timeoutMs: options.timeoutMs ?? (request.imageSize === '4K' ? 600_000 : 300_000),
      maxAnswerBytes,
    });
    const known = { keys: [apiKey], secrets: [apiKey, prompt], now: clock.now() };
    if (!isOk(answer)) throw new TaskError(errorFailure(answer, known));
    const { pictures, promised, beside } = readAnswer(answer, known);
    const asked = modelUrl(baseUrl, request.model);
    if (!pictures.some((each) => each instanceof Uint8Array)) {
      const links = pictures.filter((each) => typeof each === 'string');
      return finishedPictures(links, beside, { upstream, asked, answer, promised });
    }
    const fetched = await fetchPictures(pictures, { download, signal, asked, promised });
    return { ...beside, pictures: fetched.pictures, warnings: [...fetched.warnings, ...beside.warnings] };
  }

  const poll = (operation: Operation, { signal }: UpstreamContext) =>
    pollFinished(operation, { download, signal });

  const check = createCheck({ baseUrl, apiKey, transport, clock });
  return { name: 'gemini', capabilities: capabilitiesOf, start, poll, check };
}
