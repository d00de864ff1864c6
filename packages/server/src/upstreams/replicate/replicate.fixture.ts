// Test support: Replicate's API as a loopback server, and its own words for what can go wrong. A prediction has succeeded
// by the first question after it; `answer('poll', ...)` is what it is found to be instead.

import { shippedPrices } from '../../core/models/shipped-prices.ts';
import { requestFor } from '../faults.fixture.ts';
import { startLoopback } from '../loopback.fixture.ts';
import type { Loopback, Reply, Seen } from '../loopback.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';
import type { OpenHarness, Refusals, Step, UpstreamHarness } from '../upstream-harness.fixture.ts';
import { createReplicate } from './replicate.ts';

const key = 'r8_0123456789abcdefABCDEF0123456789abcde';
const version = '2de9ad5b0425fb05efd2cac4ed145259675cfcd7ff80acd99042b460fe1c665e';

export const plain = requestFor('google/nano-banana', { aspectRatio: 'auto' });

export interface OpenReplicate extends OpenHarness {
  url: string;
  /** Requests to cancel, and for the account. */
  others: Seen[];
  /** Uploads of input pictures. */
  uploads: Seen[];
  /** From now on uploads get this answer. */
  answerUpload(reply: Reply): void;
}

/** A prediction as Replicate shows it, in the state of one that was just made unless told otherwise. */
export function predictionOf(members: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'gm3qorzdhgbfurvjtvhg6dckhu',
    model: 'google/nano-banana',
    version: 'hidden',
    input: { prompt: plain.prompt },
    logs: '',
    output: null,
    error: null,
    status: 'starting',
    created_at: '2026-11-23T16:19:34.765994Z',
    data_removed: false,
    metrics: {},
    // The links lead to a host that does not exist: whoever follows them gets nothing.
    urls: { get: 'https://api.replicate.invalid/get', cancel: 'https://api.replicate.invalid/cancel' },
    ...members,
  };
}

/** A failed prediction. */
export function failed(error: string | null, members: Record<string, unknown> = {}): Reply {
  return { body: predictionOf({ status: 'failed', error, ...members }) };
}

export async function openReplicate(): Promise<OpenReplicate> {
  const seen: Record<Step, Seen[]> = { start: [], poll: [], download: [] };
  const overrides: Partial<Record<Step, Reply | null>> = {};
  const others: Seen[] = [];
  const uploads: Seen[] = [];
  const made = new Set<string>();
  let uploadReply: Reply = {
    status: 201,
    body: { id: 'f1', urls: { get: 'https://api.replicate.com/v1/files/f1' } },
  };

  function make(asked: Seen, known: boolean): Reply {
    seen.start.push(asked);
    if (overrides.start) return overrides.start;
    if (!known) return notFound;
    const id = `prediction${made.size}`;
    made.add(id);
    return { status: 201, body: predictionOf({ id }) };
  }

  function ask(asked: Seen, id: string, cancels: boolean): Reply {
    (cancels ? others : seen.poll).push(asked);
    if (!made.has(id)) return notFound;
    if (cancels) return { body: predictionOf({ id, status: 'canceled' }) };
    const output = `${loopback.url}/delivery/plantain.png`;
    const metrics = { predict_time: 6.2, image_output_count: 1 };
    return overrides.poll ?? { body: predictionOf({ id, status: 'succeeded', output, metrics }) };
  }

  function route(asked: Seen): Reply {
    const path = asked.path.replace(/^\/v1\//, '');
    const call = `${asked.method} ${path}`;
    const [, model] = /^POST models\/([^/]+\/[^/]+)\/predictions$/.exec(call) ?? [];
    if (model !== undefined) return make(asked, `replicate/${model}` in shippedPrices);
    if (call === 'POST predictions') return make(asked, asked.body.includes(version));
    const [, id, rest] = /^(?:GET|POST) predictions\/(\w[\w-]*)(\/cancel)?$/.exec(call) ?? [];
    if (id !== undefined) return ask(asked, id, rest !== undefined);
    if (call === 'POST files') {
      uploads.push(asked);
      return uploadReply;
    }
    others.push(asked);
    if (call === 'GET account') return { body: { type: 'organization', username: 'plantain-makers' } };
    return notFound;
  }

  function respond(asked: Seen): Reply {
    const { path, headers } = asked;
    if (path.startsWith('/delivery/')) {
      seen.download.push(asked);
      if (headers.authorization !== undefined) return { status: 400, body: 'a token has no business here' };
      return overrides.download ?? { headers: { 'content-type': 'image/png' }, body: smallPng };
    }
    return headers.authorization === `Bearer ${key}` ? route(asked) : unauthenticated;
  }

  const loopback: Loopback = await startLoopback(respond);
  return {
    url: `${loopback.url}/v1`,
    key,
    model: 'google/nano-banana',
    others,
    uploads,
    answerUpload(reply) {
      uploadReply = reply;
    },
    create: ({ key: apiToken = key, fetchPublic = refuseToFetch, ...options } = {}) =>
      createReplicate({ apiToken, baseUrl: `${loopback.url}/v1`, fetchPublic, ...options }),
    ownLink: `${loopback.url}/delivery/plantain.png`,
    answer(step, reply) {
      overrides[step] = reply;
    },
    seen: (step) => seen[step],
    close: () => loopback.close(),
  };
}

/** A version that the server knows. */
export const versioned = `google/nano-banana-2:${version}`;

/** An error as Replicate writes it. */
export function problem(status: number, title: string, detail: string): Reply {
  return { status, body: { title, detail, status } };
}

const notFound = problem(404, 'Not found', 'The requested resource could not be found.');
const unauthenticated = problem(401, 'Unauthenticated', 'You did not pass a valid authentication token');
const throttled = problem(
  429,
  'Request was throttled',
  'Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~7s.',
);

const refusals: Refusals = {
  'rate limit with a delay': { ...throttled, headers: { 'retry-after': '7' } },
  'rate limit without a delay': problem(429, 'Request was throttled', 'Request was throttled.'),
  'daily quota used up': null,
  'no quota at all': null,
  'spending cap': null,
  'no credit': problem(
    402,
    'Insufficient credit',
    'You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase credit.',
  ),
  'key refused': unauthenticated,
  'key without the right': problem(403, 'Forbidden', 'You do not have permission to perform this action.'),
  'key refused by a 400': null,
  'content refused': failed(
    'The input or output was flagged as sensitive. Please try again with different inputs. (E005) (uIJ6l3ruRD)',
  ),
  'bad request': {
    status: 422,
    body: {
      title: 'Input validation failed',
      detail: '- input.aspect_ratio: input.aspect_ratio must be one of the following: "1:1", "16:9"',
      status: 422,
      invalid_fields: [{ type: 'enum', field: 'input.aspect_ratio' }],
    },
  },
  'model unknown': notFound,
  'internal error': problem(500, 'Internal server error', 'Something went wrong.'),
  overloaded: problem(503, 'Service unavailable', 'Please try again later.'),
};

export const replicateHarness: UpstreamHarness = {
  name: 'replicate',
  open: openReplicate,
  refusals,
  refusesAt: { 'content refused': 'poll' },
  otherForms: (link) => ({
    'a relative link': { body: predictionOf({ status: 'succeeded', output: new URL(link).pathname }) },
    'objects instead of links': { body: predictionOf({ status: 'succeeded', output: [{ url: link }] }) },
    'one object with the picture': { body: predictionOf({ status: 'succeeded', output: { image: link } }) },
    'base64 instead of a link': {
      body: predictionOf({ status: 'succeeded', output: smallPng.toString('base64') }),
    },
  }),
  withLinks: (links) => ({ body: predictionOf({ status: 'succeeded', output: links }) }),
  withoutPicture: {
    'no output': { body: predictionOf({ status: 'succeeded' }) },
    'an empty list': { body: predictionOf({ status: 'succeeded', output: [] }) },
    'output that is no link': { body: predictionOf({ status: 'succeeded', output: 'a plantain' }) },
  },
};
