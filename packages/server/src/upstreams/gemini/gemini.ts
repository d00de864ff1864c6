// The upstream `gemini`: Google's Gemini API, one generateContent call for each task and no SDK.
// The call is synchronous and can't be taken up again: whoever gives up waiting may still pay for it.

import { TaskError } from '../../core/errors.ts';
import type { Upstream, UpstreamContext, UpstreamRequest, UpstreamResult } from '../../core/upstream.ts';
import { createSystemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { readRetryAfterMs } from '../../lib/retry-after.ts';
import { createTransport, parseJson } from '../transport.ts';
import type { Transport } from '../transport.ts';
import { readAnswer } from './answer.ts';
import { readError } from './error-body.ts';
import { errorFailure } from './failures.ts';
import { convertInputs } from './inputs.ts';
import { buildRequest, defaultBaseUrl, modelUrl } from './request.ts';

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
  modelUrl(baseUrl, 'any');

  async function start(request: UpstreamRequest, context: UpstreamContext): Promise<UpstreamResult> {
    const inputs = await convertInputs(request.inputs, context.signal);
    const { json, warnings } = buildRequest({ ...request, inputs: inputs.pictures });
    const answer = await transport.send({
      upstream: 'Gemini',
      url: modelUrl(baseUrl, request.model),
      headers: { 'x-goog-api-key': apiKey },
      body: { json },
      signal: context.signal,
      timeoutMs: options.timeoutMs ?? (request.imageSize === '4K' ? 600_000 : 300_000),
      ...(options.maxAnswerBytes === undefined ? {} : { maxAnswerBytes: options.maxAnswerBytes }),
    });
    const secrets = [apiKey, request.prompt];
    const body = parseJson(answer.bytes);
    if (answer.status >= 200 && answer.status < 300) {
      const result = readAnswer(body, secrets);
      return { ...result, warnings: [...inputs.warnings, ...warnings, ...result.warnings] };
    }
    const headerDelayMs = readRetryAfterMs(answer.headers, clock.now());
    throw new TaskError(errorFailure(readError(answer.status, body), headerDelayMs, secrets));
  }

  return { name: 'gemini', start };
}
