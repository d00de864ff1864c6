// The upstream `openai`: the OpenAI Images API, at OpenAI or at any server that speaks it (LocalAI and others), and no SDK.
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
import { endpoint } from '../endpoint.ts';
import { finishedPictures, pollFinished } from '../results/finished-pictures.ts';
import { fetchPictures } from '../results/linked-pictures.ts';
import { createTransport, isOk } from '../transport.ts';
import type { Answer, Call, Transport } from '../transport.ts';
import { readAnswer } from './answer.ts';
import { createCheck } from './check.ts';
import { errorFailure } from './failures.ts';
import { capabilitiesOf } from './models.ts';
import { createRefusedMembers } from './refused-members.ts';
import { buildRequest } from './request.ts';

const defaultBaseUrl = 'https://api.openai.com/v1';
/** As OpenAI's own client waits (npm `openai` 7.57.0); large pictures and slow machines take minutes. */
const defaultTimeoutMs = 600_000;
const checkTimeoutMs = 30_000;
const linkTimeoutMs = 120_000;

const noSize = 'The upstream takes no size, so the picture has the one that its model chose.';

export interface OpenAiOptions {
  /** Sent as a bearer token; without it, or empty, no credential is sent, for servers that ask for none. */
  apiKey?: string | undefined;
  /** With the version, as in the default `https://api.openai.com/v1`; path and query are kept. */
  baseUrl?: string | undefined;
  /** How long one call that makes a picture may take; default 600,000. */
  timeoutMs?: number | undefined;
  /** The largest answer that is read; default `defaultMaxAnswerBytes` of the transport. */
  maxAnswerBytes?: number | undefined;
  /** Fetches pictures that came as links to another origin than the base URL's. */
  fetchPublic: FetchPublic;
  /** Waits between the tries of a link beside pictures that are there; a default is in `linked-pictures.ts`. */
  linkWaitsMs?: readonly number[] | undefined;
  /** Given when several upstreams share one, or to close it; without it the upstream has its own, whose idle connections end by themselves. */
  transport?: Transport | undefined;
  clock?: Clock | undefined;
}

/** An upstream that makes pictures with the OpenAI Images API. Throws `TypeError` at once when the base URL is none. */
export function createOpenAi(options: OpenAiOptions): Upstream {
  const {
    apiKey = '',
    baseUrl = defaultBaseUrl,
    timeoutMs = defaultTimeoutMs,
    linkWaitsMs: waitsMs,
    transport = createTransport(),
    clock = createSystemClock(),
  } = options;
  const upstream = new URL(baseUrl).host === 'api.openai.com' ? 'OpenAI' : 'OpenAI-compatible server';
  const refused = createRefusedMembers();
  const download = createDownload({
    ...options,
    upstream,
    baseUrl,
    transport,
    timeoutMs: Math.min(timeoutMs, linkTimeoutMs),
  });

  function send(
    path: string[],
    call: Pick<Call, 'body' | 'method' | 'signal' | 'timeoutMs'>,
  ): Promise<Answer> {
    return transport.send({
      ...call,
      upstream,
      url: endpoint(baseUrl, ...path),
      ...(apiKey === '' ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
      maxAnswerBytes: options.maxAnswerBytes,
    });
  }

  const failureOf = (answer: Answer, call: { billable: boolean; prompt?: string }) =>
    errorFailure(answer, { ...call, upstream, now: clock.now(), secrets: [apiKey, call.prompt ?? ''] });

  /** Asks, and reads a success. A request that is refused for a member that need not be there is made without it. */
  async function ask(request: UpstreamRequest, { prompt, signal }: UpstreamContext) {
    for (;;) {
      const without = refused.of(request.model);
      const { path, body } = buildRequest(request, without);
      const answer = await send(path, { body, signal, timeoutMs });
      const read = isOk(answer)
        ? readAnswer(answer, { upstream, secrets: [apiKey, prompt] })
        : { refusal: answer };
      if (!('refusal' in read)) {
        const warnings = without.has('size') ? [noSize] : [];
        return { ...read, answer, asked: endpoint(baseUrl, ...path), warnings };
      }
      if (!refused.learn(request.model, without, read.refusal))
        throw new TaskError(failureOf(read.refusal, { billable: true, prompt }));
    }
  }

  async function start(
    request: UpstreamRequest,
    context: UpstreamContext,
  ): Promise<UpstreamResult | StartedOperation> {
    const { pictures, promised, usage, answer, asked, warnings } = await ask(request, context);
    const { signal } = context;
    const beside = { description: '', warnings, ...(usage === undefined ? {} : { usage }) };
    if (!pictures.some((each) => each instanceof Uint8Array)) {
      const links = pictures.filter((each) => typeof each === 'string');
      return finishedPictures(links, beside, { upstream, asked, answer, promised });
    }
    const fetched = await fetchPictures(pictures, { download, signal, asked, waitsMs, promised });
    return { ...beside, ...fetched, warnings: [...warnings, ...fetched.warnings] };
  }

  const poll = (operation: Operation, { signal }: UpstreamContext) =>
    pollFinished(operation, { download, signal, waitsMs });

  const check = createCheck({
    upstream,
    listModels: (signal) => send(['models'], { method: 'GET', signal, timeoutMs: checkTimeoutMs }),
    failureOf: (answer) => failureOf(answer, { billable: false }),
  });
  return { name: 'openai', capabilities: capabilitiesOf, start, poll, check };
}
