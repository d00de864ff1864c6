// The upstream `openai`: the OpenAI Images API, at OpenAI or at any server that speaks it (LocalAI and others), and no SDK.
// The call is synchronous and can't be taken up again: whoever gives up waiting may still pay for it. Only of a finished
// picture that came as a link a later question may bring the bytes.

import { TaskError } from '../../core/errors.ts';
import type {
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../../core/upstreams/upstream.ts';
import { createApiCalls } from '../api-calls.ts';
import type { ApiCalls, ApiOptions } from '../api-calls.ts';
import { finishedPictures, pollFinished } from '../results/finished-pictures.ts';
import { fetchPictures } from '../results/linked-pictures.ts';
import { isOk } from '../transport.ts';
import { readAnswer } from './answer.ts';
import { holdsPartialImage } from './answer-body.ts';
import { check } from './check.ts';
import { errorFailure } from './failures.ts';
import { capabilitiesOf } from './models.ts';
import { wantedEvents } from './partial-images.ts';
import { createRefusedMembers } from './refused-members.ts';
import type { RefusedMembers } from './refused-members.ts';
import { buildRequest, lacksModeration, lacksStream, type OptionalMember } from './request.ts';

const defaultBaseUrl = 'https://api.openai.com/v1';
/** As OpenAI's own client waits (npm `openai` 7.57.0); large pictures and slow machines take minutes. */
const defaultTimeoutMs = 600_000;
const linkTimeoutMs = 120_000;

/** Warnings of members that a server refuses, by member. */
const leftOut: Readonly<Record<Exclude<OptionalMember, 'response_format'>, string>> = {
  size: 'The upstream takes no size, so the picture has the one that its model chose.',
  quality: 'The upstream takes no quality, so it was left out.',
  background: 'The upstream takes no background, so it was left out.',
  moderation: 'The upstream takes no moderation, so it was left out.',
  partial_images: 'The upstream streams no partial images, so none came.',
};

const noStreamOfSeveral =
  'The upstream streams no partial images of several pictures in one call, so none came.';

export interface OpenAiOptions extends ApiOptions {
  /** Sent as a bearer token; without it, or empty, no credential is sent, for servers that ask for none. */
  apiKey?: string | undefined;
  /** Waits between the tries of a link beside pictures that are there; a default is in `linked-pictures.ts`. */
  linkWaitsMs?: readonly number[] | undefined;
}

/**
 * An upstream that makes pictures with the OpenAI Images API. The base URL has the version, as in the default
 * `https://api.openai.com/v1`. `timeoutMs` is that of one call which makes a picture; default 600,000. Throws `TypeError` at once when the base URL is none.
 */
export function createOpenAi({
  apiKey = '',
  baseUrl = defaultBaseUrl,
  timeoutMs = defaultTimeoutMs,
  linkWaitsMs: waitsMs,
  ...options
}: OpenAiOptions): Upstream {
  const upstream = new URL(baseUrl).host === 'api.openai.com' ? 'OpenAI' : 'OpenAI-compatible server';
  const api = createApiCalls({
    ...options,
    upstream,
    baseUrl,
    authorization: apiKey === '' ? '' : `Bearer ${apiKey}`,
    keys: [apiKey],
    timeoutMs,
    downloadTimeoutMs: Math.min(timeoutMs, linkTimeoutMs),
  });
  const server = { upstream, api, refused: createRefusedMembers(), waitsMs };
  return {
    name: 'openai',
    capabilities: capabilitiesOf,
    start: (request, context) => start(server, request, context),
    poll: (operation, { signal }) => pollFinished(operation, { download: api.download, signal, waitsMs }),
    check: (signal) => check(upstream, api, signal),
  };
}

interface ImagesServer {
  upstream: string;
  api: ApiCalls;
  refused: RefusedMembers;
  waitsMs: readonly number[] | undefined;
}

async function start(
  server: ImagesServer,
  request: UpstreamRequest,
  context: UpstreamContext,
): Promise<UpstreamResult | StartedOperation> {
  const { pictures, promised, usage, answer, warnings } = await ask(server, request, context);
  const { upstream, api, waitsMs } = server;
  const { asked } = answer;
  const beside = { description: '', warnings, ...(usage === undefined ? {} : { usage }) };
  if (!pictures.some((each) => each instanceof Uint8Array)) {
    const links = pictures.filter((each) => typeof each === 'string');
    return finishedPictures(links, beside, { upstream, asked, answer, promised });
  }
  const { signal } = context;
  const fetching = { download: api.download, signal, asked, waitsMs, promised };
  const fetched = await fetchPictures(pictures, fetching);
  return { ...beside, ...fetched, warnings: [...warnings, ...fetched.warnings] };
}

/** Asks, and reads a success. A request that is refused for a member that need not be there is made without it. */
async function ask(
  { upstream, api: { call, reading, timeoutMs }, refused }: ImagesServer,
  request: UpstreamRequest,
  { prompt, signal, onPartialImage }: UpstreamContext,
) {
  const lacking = new Set<OptionalMember>();
  for (;;) {
    const without = new Set([...refused.of(request.model), ...lacking]);
    const { path, body } = buildRequest(request, without);
    const events = without.has('partial_images') ? undefined : wantedEvents(request, onPartialImage);
    const answer = await call('POST', path, { body, signal, timeoutMs, ...(events && { events }) });
    const known = { ...reading(prompt, true), upstream };
    const read = isOk(answer) ? readAnswer(answer, known) : { refusal: answer };
    if (!('refusal' in read)) return { ...read, answer, warnings: warningsOf(request, without) };
    const { refusal } = read;
    if (holdsPartialImage(answer.json))
      throw new TaskError({ ...errorFailure(refusal, known), maybeBilled: true });
    const member = refused.learn(request, without, refusal, known.secrets);
    if (member === undefined) throw new TaskError(errorFailure(refusal, known));
    lacking.add(member);
  }
}

/** Warnings of what was asked for and not sent. */
function warningsOf(request: UpstreamRequest, without: ReadonlySet<OptionalMember>): string[] {
  const { quality, background } = request;
  const partial_images = lacksStream(request) ? undefined : request.partialImages;
  const asked = { size: true, quality, background, partial_images };
  const warnings = Object.entries(asked)
    .filter(([name, value]) => value !== undefined && without.has(name as OptionalMember))
    .map(([name]) => leftOut[name as keyof typeof asked]);
  const noModeration = request.moderation !== undefined && without.has('moderation');
  if (noModeration || lacksModeration(request)) warnings.push(leftOut.moderation);
  if (lacksStream(request)) warnings.push(noStreamOfSeveral);
  return warnings;
}
