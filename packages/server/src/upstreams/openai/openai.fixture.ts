// Test support: the Images API on a loopback server, under `/v1`. It refuses what OpenAI refuses: other keys, malformed bodies,
// `response_format` and sizes that a GPT model does not take. It answers GPT models with base64 and all others, as
// LocalAI does, with a link to itself.

import { startLoopback } from '../loopback.fixture.ts';
import type { Loopback, Reply, Seen } from '../loopback.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';
import type { Refusals, Step, UpstreamHarness } from '../upstream-harness.fixture.ts';
import { createOpenAi } from './openai.ts';
import type { OpenAiOptions } from './openai.ts';

/** The key that the loopback server takes. */
export const openAiKey = 'sk-loopback-0123456789';

/** A reply in OpenAI's error form. */
export function errorReply(
  status: number,
  error: { message: string; type: string; code?: string | null; param?: string | null },
  headers: Record<string, string> = {},
): Reply {
  return { status, headers, body: { error: { param: null, code: null, ...error } } };
}

/** A reply with these entries of `data`, as the GPT models give it. */
export function imagesReply(...data: unknown[]): Reply {
  return {
    body: {
      created: 1_795_000_000,
      background: 'opaque',
      data,
      output_format: 'png',
      quality: 'medium',
      size: '1024x1024',
      usage: {
        input_tokens: 274,
        input_tokens_details: { image_tokens: 256, text_tokens: 18 },
        output_tokens: 1056,
        total_tokens: 1330,
      },
    },
  };
}

export const base64Entry = { b64_json: smallPng.toString('base64') };

export interface OpenAiLoopback extends Loopback {
  /** With `/v1`. */
  baseUrl: string;
  answer(step: Step, reply: Reply | null): void;
  /** Of requests for pictures, or for what is behind links. */
  seenAt(step: Step): Seen[];
}

export async function startOpenAiLoopback(): Promise<OpenAiLoopback> {
  const replies = new Map<Step, Reply>();
  const loopback = await startLoopback(async (seen) => {
    const step = stepOf(seen);
    if (step === 'download') return replies.get(step) ?? { body: smallPng };
    if (seen.headers.authorization !== `Bearer ${openAiKey}`) return keyRefused;
    if (seen.path === '/v1/models')
      return { body: { object: 'list', data: [{ id: 'gpt-5.4' }, { id: 'gpt-image-2' }] } };
    if (step !== 'start') return errorReply(404, { message: 'Invalid URL', type: 'invalid_request_error' });
    const fields = await readFields(seen);
    const model = String(fields['model']);
    const fault = faultIn(fields, seen.path.endsWith('/edits'));
    if (fault !== undefined) return errorReply(400, { ...fault, type: 'image_generation_user_error' });
    return (
      replies.get(step) ??
      imagesReply(isGpt(model) ? base64Entry : { url: `${loopback.url}/generated-images/b64.png` })
    );
  });
  return {
    ...loopback,
    baseUrl: `${loopback.url}/v1`,
    answer(step, reply) {
      if (reply === null) replies.delete(step);
      else replies.set(step, reply);
    },
    seenAt: (step) => loopback.seen.filter((each) => stepOf(each) === step),
  };
}

function stepOf({ method, path }: Seen): Step | undefined {
  if (method === 'GET' && path.startsWith('/generated-images/')) return 'download';
  return method === 'POST' && /^\/v1\/images\/(generations|edits)$/.test(path) ? 'start' : undefined;
}

/** The members of the JSON, or the fields of the form; files as `File`, several under one name as a list. */
export async function readFields({ body, headers }: Seen): Promise<Record<string, unknown>> {
  const type = String(headers['content-type']);
  if (type === 'application/json') return JSON.parse(body.toString()) as Record<string, unknown>;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name);
      return [name, name.endsWith('[]') ? values : values[0]];
    }),
  );
}

const isGpt = (model: string) => /gpt-image|chatgpt/.test(model);

function faultIn(fields: Record<string, unknown>, edits: boolean) {
  const { model, prompt, size, response_format: format } = fields;
  if (typeof prompt !== 'string' || typeof size !== 'string' || typeof model !== 'string')
    return { message: 'Missing required parameter.', code: 'missing_required_parameter' };
  if (edits && !(fields['image'] instanceof File) && !Array.isArray(fields['image[]']))
    return {
      message: "Missing required parameter: 'image'.",
      param: 'image',
      code: 'missing_required_parameter',
    };
  if (!isGpt(model)) return undefined;
  if (format !== undefined)
    return {
      message: "Unknown parameter: 'response_format'.",
      param: 'response_format',
      code: 'unknown_parameter',
    };
  const fault = optionFault(fields, edits);
  if (fault !== undefined) return fault;
  const three = ['auto', '1024x1024', '1536x1024', '1024x1536'];
  const takes = /gpt-image-1|chatgpt/.test(model) ? three.includes(size) : isFlexible(size);
  return takes ? undefined : { message: `Invalid size '${size}'.`, param: 'size', code: 'invalid_value' };
}

/** Fault of the members that only some calls or models have: npm `openai` 7.59.0, resources/images.d.ts. */
function optionFault({ model, quality, moderation, mask }: Record<string, unknown>, edits: boolean) {
  const invalid = (param: string) => ({
    message: `Invalid value for '${param}'.`,
    param,
    code: 'invalid_value',
  });
  const most = /gpt-image-2\.5-/.test(String(model)) ? ['xhigh', 'max'] : [];
  const taken = ['low', 'medium', 'high', ...most];
  if (quality !== undefined && !taken.includes(quality as string)) return invalid('quality');
  if (mask !== undefined && !(mask instanceof File && mask.type === 'image/png')) return invalid('mask');
  if (moderation === undefined || !edits) return undefined;
  return { ...invalid('moderation'), message: "Unknown parameter: 'moderation'.", code: 'unknown_parameter' };
}

/** Whether gpt-image-2 takes a size: MicrosoftDocs/azure-ai-docs, articles/foundry/openai/how-to/dall-e.md. */
export function isFlexible(size: string): boolean {
  if (size === 'auto') return true;
  const [width = 0, height = 0] = size.split('x').map(Number);
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const pixels = width * height;
  const onGrid = width % 16 === 0 && height % 16 === 0;
  return onGrid && long <= 3840 && long <= 3 * short && pixels >= 655_360 && pixels <= 8_294_400;
}

/** An adapter that calls this loopback server, and tries links again without waiting. */
export function createOn({ baseUrl }: OpenAiLoopback, options: Partial<OpenAiOptions> = {}) {
  return createOpenAi({
    apiKey: openAiKey,
    baseUrl,
    fetchPublic: refuseToFetch,
    linkWaitsMs: [0, 0],
    ...options,
  });
}

const keyRefused = errorReply(401, {
  message:
    'Incorrect API key provided: sk-loop**********6789. You can find your API key at https://platform.openai.com/account/api-keys.',
  type: 'invalid_request_error',
  code: 'invalid_api_key',
});

const limited = (message: string, headers: Record<string, string> = {}) =>
  errorReply(429, { message, type: 'requests', code: 'rate_limit_exceeded' }, headers);

const refusals: Refusals = {
  'rate limit with a delay': limited(
    'Rate limit reached for gpt-image-2 (for limit gpt-image) in organization org-1 on input-images per min: Limit 5, Used 5, Requested 1. Please try again in 12s. Visit https://platform.openai.com/account/rate-limits to learn more.',
    { 'retry-after-ms': '11771', 'retry-after': '12' },
  ),
  'rate limit without a delay': limited('Rate limit reached for gpt-image-2 on images per min.'),
  'daily quota used up': limited(
    'Rate limit reached for gpt-image-2 in organization org-1 on requests per day (RPD): Limit 1000, Used 1000, Requested 1. Please try again in 1m26.4s.',
    { 'retry-after': '87' },
  ),
  'no quota at all': null,
  'spending cap': errorReply(429, {
    message: 'Your organization has reached its monthly spending cap.',
    type: 'insufficient_quota',
    code: 'organization_spend_limit_exceeded',
  }),
  'no credit': errorReply(429, {
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  }),
  'key refused': keyRefused,
  'key without the right': errorReply(403, {
    message:
      'You have insufficient permissions for this operation. Missing scopes: api.model.images.request.',
    type: 'invalid_request_error',
    code: 'missing_scope',
  }),
  'key refused by a 400': null,
  'content refused': errorReply(400, {
    message: 'Your request was rejected by the safety system. safety_violations=[violence].',
    type: 'image_generation_user_error',
    code: 'moderation_blocked',
  }),
  'bad request': errorReply(400, {
    message: "Invalid size '576x1024'. Requested resolution is below the current minimum pixel budget.",
    type: 'image_generation_user_error',
    param: 'size',
    code: 'invalid_value',
  }),
  'model unknown': errorReply(404, {
    message: 'The model `gpt-image-0` does not exist or you do not have access to it.',
    type: 'invalid_request_error',
    code: 'model_not_found',
  }),
  'internal error': errorReply(500, {
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
  }),
  overloaded: errorReply(503, {
    message: 'The engine is currently overloaded, please try again later',
    type: 'service_unavailable_error',
  }),
};

export const openAiHarness: UpstreamHarness = {
  name: 'openai',
  async open() {
    const loopback = await startOpenAiLoopback();
    return {
      create: ({ key = openAiKey, ...options } = {}) => createOn(loopback, { apiKey: key, ...options }),
      ownLink: `${loopback.url}/generated-images/b64.png`,
      key: openAiKey,
      model: 'gpt-image-2.5-flare',
      answer: loopback.answer,
      seen: loopback.seenAt,
      close: () => loopback.close(),
    };
  },
  refusals,
  withLinks: (links) => imagesReply(...links.map((url) => ({ url }))),
  otherForms: (link) => ({
    'a relative link': imagesReply({ url: new URL(link).pathname }),
    'links instead of objects': { body: { data: [link] } },
    '`images` instead of `data`': { body: { images: [{ url: link }] } },
    'a stream with drafts': {
      body: [
        { type: 'image_generation.partial_image', b64_json: 'iVBORw0KGgo=' },
        { type: 'image_generation.completed', ...base64Entry },
      ]
        .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
        .join(''),
    },
    'an error beside the picture': { body: { data: [base64Entry], error: { message: 'No.' } } },
  }),
  withBase64: (text) => imagesReply({ b64_json: text }),
  withoutPicture: {
    'an empty list': imagesReply(),
    'no list': { body: { created: 1_795_000_000 } },
    'an entry without a picture': imagesReply({ revised_prompt: 'a plantain' }),
    'an entry that is empty': imagesReply({ b64_json: '', url: '' }),
    'an entry of null': imagesReply(null, { b64_json: null, url: null }),
  },
};
