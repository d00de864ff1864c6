// Test support: fal's queue as a loopback server, and its own words for what can go wrong. A submitted operation has ended by
// the first question after it, unless states were put before; `answer('poll', ...)` is what its result then is.

import { randomUUID } from 'node:crypto';
import { shippedPrices } from '../../core/models/shipped-prices.ts';
import { requestFor } from '../faults.fixture.ts';
import { startLoopback } from '../loopback.fixture.ts';
import type { Loopback, Reply, Seen } from '../loopback.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';
import type { OpenHarness, Refusals, Step, UpstreamHarness } from '../upstream-harness.fixture.ts';
import { createFal } from './fal.ts';

const key = '5a1e-key-id:0123456789abcdef0123456789abcdef';

export const plain = requestFor('fal-ai/nano-banana', { aspectRatio: 'auto' });

export interface OpenFal extends OpenHarness {
  url: string;
  /** Answers to the next questions for the state of an operation, used up before it is said to have ended. */
  states: Reply[];
  /** Requests to cancel. */
  cancels: Seen[];
}

export const queued: Reply = { status: 202, body: { status: 'IN_QUEUE', queue_position: 3 } };
export const inProgress: Reply = { status: 202, body: { status: 'IN_PROGRESS', logs: [] } };

/** A body as fal's models object: one entry. */
export function objection(type: string, msg: string, input: unknown = 'a plantain', loc = 'prompt'): unknown {
  return { detail: [{ loc: ['body', loc], msg, type, url: `https://docs.fal.ai/errors#${type}`, input }] };
}

export async function openFal(): Promise<OpenFal> {
  const seen: Record<Step, Seen[]> = { start: [], poll: [], download: [] };
  const overrides: Partial<Record<Step, Reply | null>> = {};
  const states: Reply[] = [];
  const cancels: Seen[] = [];
  const operations = new Set<string>();

  function submit(asked: Seen, app: string): Reply {
    seen.start.push(asked);
    if (overrides.start) return overrides.start;
    if (!(`fal/${app}` in shippedPrices))
      return { status: 404, body: { detail: `Application "${app}" not found` } };
    const id = randomUUID();
    operations.add(id);
    // The links lead to a host that does not exist: whoever follows them gets nothing.
    const link = `https://queue.fal.invalid/${app}/requests/${id}`;
    const links = { response_url: link, status_url: `${link}/status`, cancel_url: `${link}/cancel` };
    return { body: { status: 'IN_QUEUE', request_id: id, queue_position: 0, ...links } };
  }

  function ask(asked: Seen, id: string, rest: string | undefined): Reply {
    if (rest === '/cancel') cancels.push(asked);
    else seen.poll.push(asked);
    if (!operations.has(id)) return { status: 404, body: { status: 'NOT_FOUND' } };
    if (rest === '/cancel') return { status: 202, body: { status: 'CANCELLATION_REQUESTED' } };
    if (rest === '/status') return states.shift() ?? { body: { status: 'COMPLETED', metrics: {} } };
    return overrides.poll ?? { headers: { 'x-fal-request-id': id }, body: result(loopback.url) };
  }

  function respond(asked: Seen): Reply {
    const { method, headers } = asked;
    const path = new URL(asked.path, 'http://any').pathname;
    if (path.startsWith('/files/')) {
      seen.download.push(asked);
      if (headers.authorization !== undefined) return { status: 400, body: 'a key has no business here' };
      return overrides.download ?? { headers: { 'content-type': 'image/png' }, body: smallPng };
    }
    if (headers.authorization !== `Key ${key}`)
      return { status: 401, body: { detail: 'No user found for Key ID and Secret' } };
    const operation = /^\/[^/]+\/[^/]+\/requests\/([^/]+)(\/status|\/cancel)?$/.exec(path);
    if (operation !== null) return ask(asked, operation[1] ?? '', operation[2]);
    const app = /^\/([^/]+\/[^/]+)/.exec(path)?.[1];
    if (method === 'POST' && app !== undefined) return submit(asked, app);
    return { status: 405, body: { detail: 'Method Not Allowed' } };
  }

  const loopback: Loopback = await startLoopback(respond);
  return {
    url: loopback.url,
    key,
    model: 'fal-ai/nano-banana',
    states,
    cancels,
    create: ({ key: apiKey = key, fetchPublic = refuseToFetch, ...options } = {}) =>
      createFal({ apiKey, baseUrl: loopback.url, fetchPublic, ...options }),
    ownLink: `${loopback.url}/files/plantain.png`,
    answer(step, reply) {
      overrides[step] = reply;
    },
    seen: (step) => seen[step],
    close: () => loopback.close(),
  };
}

/** The result of a model: one picture. */
function result(url: string): unknown {
  const image = { content_type: 'image/png', file_name: 'plantain.png', width: 8, height: 8 };
  return { images: [{ url: `${url}/files/plantain.png`, ...image }], description: 'A plantain.' };
}

const concurrency = {
  detail: 'Reached concurrent requests limit of 20',
  type: 'concurrent_requests_limit',
  data: { limit: 20 },
};

const refusals: Refusals = {
  'rate limit with a delay': { status: 429, headers: { 'retry-after': '7' }, body: concurrency },
  'rate limit without a delay': { status: 429, body: concurrency },
  'daily quota used up': null,
  'no quota at all': null,
  'spending cap': null,
  'no credit': {
    status: 403,
    body: {
      detail: 'User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.',
    },
  },
  'key refused': { status: 401, body: { detail: 'No user found for Key ID and Secret' } },
  'key without the right': {
    status: 401,
    body: {
      detail:
        'Cannot access application "fal-ai/nano-banana". Authentication is required to access this application.',
    },
  },
  'key refused by a 400': null,
  'content refused': {
    status: 422,
    body: objection(
      'content_policy_violation',
      'The content could not be processed because it contained material flagged by a content checker.',
    ),
  },
  'bad request': {
    status: 422,
    body: objection('literal_error', "Input should be '1:1' or '16:9'", '7:5', 'aspect_ratio'),
  },
  'model unknown': { status: 404, body: { detail: 'Application "no-such-model" not found' } },
  'internal error': { status: 500, body: objection('internal_server_error', 'Internal server error') },
  overloaded: {
    status: 503,
    body: { detail: 'No runner could be allocated', error_type: 'runner_scheduling_failure' },
  },
};

export const falHarness: UpstreamHarness = {
  name: 'fal',
  open: openFal,
  refusals,
  refusesAt: {
    'content refused': 'poll',
    'bad request': 'poll',
    'internal error': 'poll',
    overloaded: 'poll',
  },
  otherForms: (link) => ({
    'a relative link': { body: { images: [{ url: new URL(link).pathname }] } },
    'links instead of objects': { body: { images: [link] } },
    'one picture instead of a list': { body: { image: { url: link } } },
    'base64 instead of a link': { body: { images: [smallPng.toString('base64')] } },
  }),
  withLinks: (links) => ({ body: { images: links.map((url) => ({ url })) } }),
  withoutPicture: {
    'an empty list': { body: { images: [], description: 'I can not draw that.' } },
    'no list': { body: { description: 'I can not draw that.' } },
    'a picture without a link': { body: { images: [{ content_type: 'image/png' }], description: '' } },
  },
};
