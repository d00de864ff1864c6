// The upstream `gemini`: Google's Gemini API, one generateContent call for each task and no SDK.
// The call is synchronous and can't be taken up again: whoever gives up waiting may still pay for it.

import { TaskError } from '../../core/errors.ts';
import type { Upstream, UpstreamContext, UpstreamRequest, UpstreamResult } from '../../core/upstream.ts';
import { createSystemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { missingPictures } from '../linked-pictures.ts';
import { createTransport, isOk } from '../transport.ts';
import type { Transport } from '../transport.ts';
import { unreadError } from '../unread-answer.ts';
import { readAnswer } from './answer.ts';
import { errorFailure, notGemini } from './failures.ts';
import { capabilitiesOf } from './models.ts';
import { buildRequest, checkUrl, defaultBaseUrl, modelUrl } from './request.ts';

const checkTimeoutMs = 30_000;

export interface GeminiOptions {
  apiKey: string;
  /** Default Google's own. A path is kept, and so is a `/v1` or `/v1beta` at its end. */
  baseUrl?: string;
  /** How long one call may take; default 300,000, and 600,000 for 4K pictures. */
  timeoutMs?: number;
  /** The largest answer that is read; default `defaultMaxAnswerBytes` of the transport. */
  maxAnswerBytes?: number;
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
  const credential = { 'x-goog-api-key': apiKey };
  checkUrl(baseUrl);

  async function start(
    request: UpstreamRequest,
    { prompt, signal }: UpstreamContext,
  ): Promise<UpstreamResult> {
    const answer = await transport.send({
      upstream: 'Gemini',
      url: modelUrl(baseUrl, request.model),
      headers: credential,
      body: { json: buildRequest(request) },
      signal,
      timeoutMs: options.timeoutMs ?? (request.imageSize === '4K' ? 600_000 : 300_000),
      maxAnswerBytes: options.maxAnswerBytes,
    });
    const known = { keys: [apiKey], secrets: [apiKey, prompt], now: clock.now() };
    if (!isOk(answer)) throw new TaskError(errorFailure(answer, known));
    const { pictures, promised, beside } = readAnswer(answer, known);
    const whole = pictures.filter((each) => each instanceof Uint8Array);
    if (whole.length === 0)
      throw unreadError(answer, { upstream: 'Gemini', reason: 'links only', usage: beside.usage });
    const warnings = [...missingPictures(promised, whole.length), ...beside.warnings];
    return { ...beside, pictures: whole, warnings };
  }

  async function check(signal: AbortSignal): Promise<string> {
    const answer = await transport.send({
      upstream: 'Gemini',
      url: checkUrl(baseUrl),
      method: 'GET',
      headers: credential,
      signal,
      timeoutMs: checkTimeoutMs,
    });
    if (!isOk(answer))
      throw new TaskError(errorFailure(answer, { now: clock.now(), secrets: [apiKey], billable: false }));
    // A gateway's page says nothing of the key.
    if (answer.json === undefined) throw new TaskError(notGemini);
    return 'Gemini answered and took the key';
  }

  return { name: 'gemini', capabilities: capabilitiesOf, start, check };
}
