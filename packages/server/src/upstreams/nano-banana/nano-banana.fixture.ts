// Test support: the task API on a loopback server, under any base path: the two submits, the status query, the cancel and the
// links. Unless a test scripts something else a task has succeeded when it is first asked after. It refuses every key but its own.

import type { RequestErrorType } from '../../core/errors.ts';
import { startLoopback } from '../loopback.fixture.ts';
import type { Reply, Seen } from '../loopback.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';
import type { OpenHarness, Refusals, Step, UpstreamHarness } from '../upstream-harness.fixture.ts';
import { createNanoBanana } from './nano-banana.ts';

/** The key that the loopback server takes. */
export const nanoBananaKey = 'configured-key-1';
export const taskId = 'b2b24d5d-ff10-489c-8f68-a893e7641759';

/** An envelope around `data`. */
export function successReply(data: unknown, headers: Record<string, string> = {}): Reply {
  return { headers, body: { code: 200, msg: 'success', data, exec_time: 0.004217, ip: '127.0.0.1' } };
}

/** A refusal as a Plantain answers it. */
export function refusalReply(
  status: number,
  type: RequestErrorType,
  message: string,
  {
    headers = {},
    details,
  }: { headers?: Record<string, string>; details?: { path: string; message: string }[] } = {},
): Reply {
  const error = { type, message, request_id: 'req_019ab0', ...(details === undefined ? {} : { details }) };
  return {
    status,
    headers,
    body: { code: status, msg: message, message, data: null, exec_time: 0.000512, ip: '127.0.0.1', error },
  };
}

/** A refusal as other servers have it: a sentence and a number, in an HTTP 200. */
export function vendorRefusal(code: number, msg: string): Reply {
  return { body: { code, msg, data: null, exec_time: 0.02, ip: '127.0.0.1' } };
}

const statusDigits: Record<string, string> = { pending: '0', running: '1', error: '2', succeeded: '3' };

/** `data` of the status query as the document has it, and whatever else is given. */
export function taskData(state: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    task_id: taskId,
    state,
    data: { images: [], description: '' },
    create_time: '1777968682',
    update_time: '1777968690',
    msg: '',
    status: statusDigits[state] ?? '1',
    action: 'generate',
    ...more,
  };
}

export const imagesOf = (...urls: string[]) => ({
  images: urls.map((url) => ({ url, file_name: 'output.png' })),
  description: 'Here is your picture.',
});

/** A failed task as a Plantain answers it. */
export function failedReply(type: string, message: string, attempts: unknown[] = []): Reply {
  const error = { type, message, retryable: false, upstream_reason: 'IMAGE_SAFETY' };
  const plantains = { model: 'nano-banana-2.1', progress: 0.4, attempts };
  return successReply(taskData('error', { msg: message, error, ...plantains }));
}

/** One call of a Plantain to its own upstream. */
export const attemptOf = (more: Record<string, unknown>) => ({
  number: 1,
  upstream: 'gemini',
  upstream_model: 'gemini-nano-banana-2.1',
  start_time: '1777968682',
  end_time: '1777968690',
  outcome: 'failed',
  ...more,
});

/** Where a link of this server leads. */
export const linkPath = `/files/${taskId}/output.png?e=1778400690&token=c2lnbmF0dXJl`;

function succeededReply(origin: string): Reply {
  return successReply(
    taskData('succeeded', {
      data: imagesOf(`${origin}${linkPath}`),
      model: 'nano-banana-2.1',
      progress: 1,
      attempts: [attemptOf({ outcome: 'succeeded' })],
      usage: { input_tokens: 5, output_tokens: 1424, output_image_tokens: 1120, total_tokens: 1429 },
      cost_micro_usd: 33_608,
    }),
  );
}

function stepOf({ method, path }: Seen): Step | 'cancel' | undefined {
  const { pathname } = new URL(path, 'http://loopback');
  if (method === 'GET' && pathname.startsWith('/files/')) return 'download';
  if (method === 'GET' && /\/api\/gemini\/nano-banana\/[^/]+$/.test(pathname)) return 'poll';
  if (method !== 'POST') return undefined;
  if (/\/api\/gemini\/nano-banana(-edit)?$/.test(pathname)) return 'start';
  return /\/api\/gemini\/nano-banana\/[^/]+\/cancel$/.test(pathname) ? 'cancel' : undefined;
}

const noSuchTask = refusalReply(404, 'not_found', 'This key has no task with this id.');

/** Reply of the server unless a test scripted another. */
function usualReply(step: Step | 'cancel', { path, headers }: Seen): Reply {
  if (step === 'download') return { headers: { 'content-type': 'image/png' }, body: smallPng };
  if (step === 'start') return successReply({ task_id: taskId });
  if (!path.includes(taskId)) return noSuchTask;
  return step === 'poll' ? succeededReply(`http://${headers.host}`) : successReply(taskData('error'));
}

export interface NanoBananaLoopback extends OpenHarness {
  /** Origin, without a path. */
  url: string;
  /** The requests of every kind so far. */
  all: Seen[];
  answer(step: Step | 'cancel', reply: Reply | null): void;
}

export async function openNanoBanana(): Promise<NanoBananaLoopback> {
  const replies = new Map<Step | 'cancel', Reply>();
  const loopback = await startLoopback((asked) => {
    const step = stepOf(asked);
    if (step === undefined) return refusalReply(404, 'not_found', 'There is nothing at this path.');
    // Links work without a key.
    if (step !== 'download' && asked.headers.authorization !== nanoBananaKey)
      return refusalReply(401, 'unauthenticated', 'This API key is not known here.');
    return replies.get(step) ?? usualReply(step, asked);
  });
  return {
    url: loopback.url,
    all: loopback.seen,
    create: ({ key = nanoBananaKey, fetchPublic = refuseToFetch, ...options } = {}) =>
      createNanoBanana({ apiKey: key, baseUrl: loopback.url, fetchPublic, ...options }),
    ownLink: loopback.url + linkPath,
    key: nanoBananaKey,
    model: 'nano-banana-2.1',
    answer(step, reply) {
      if (reply === null) replies.delete(step);
      else replies.set(step, reply);
    },
    seen: (step) => loopback.seen.filter((asked) => stepOf(asked) === step),
    close: () => loopback.close(),
  };
}

const refusals: Refusals = {
  'rate limit with a delay': refusalReply(429, 'rate_limited', 'This key may submit 10 tasks a minute.', {
    headers: { 'retry-after': '7' },
  }),
  'rate limit without a delay': vendorRefusal(429, '请求过于频繁，请稍后再试'),
  'daily quota used up': null,
  'no quota at all': null,
  'spending cap': vendorRefusal(429, 'Your project has exceeded its monthly spending cap.'),
  'no credit': refusalReply(402, 'budget_exhausted', 'The budget of this key would be passed.'),
  'key refused': refusalReply(401, 'unauthenticated', 'This API key is not known here.'),
  'key without the right': refusalReply(403, 'forbidden', 'This key may not use the model.'),
  'key refused by a 400': vendorRefusal(400, 'API_KEY 错误'),
  'content refused': failedReply('content_rejected', 'The model refused the request: its safety filters.', [
    attemptOf({ maybe_billed: true }),
  ]),
  'bad request': refusalReply(
    400,
    'invalid_request',
    'The request is not valid: seed must be a whole number.',
    {
      details: [{ path: 'seed', message: 'must be a whole number' }],
    },
  ),
  'model unknown': refusalReply(
    400,
    'invalid_request',
    'The request is not valid: model is not known here.',
    {
      details: [{ path: 'model', message: 'is not known here' }],
    },
  ),
  'internal error': refusalReply(500, 'internal', 'A fault inside this server. Its log has the details.'),
  overloaded: refusalReply(503, 'overloaded', 'The queue is full. Try again later.'),
};

export const nanoBananaHarness: UpstreamHarness = {
  name: 'nano-banana',
  open: openNanoBanana,
  refusals,
  refusesAt: { 'content refused': 'poll' },
  otherForms: (link) => ({
    'a relative link': successReply(
      taskData('succeeded', { data: imagesOf(new URL(link).pathname + new URL(link).search) }),
    ),
    'links instead of objects': successReply(taskData('succeeded', { data: { images: [link] } })),
    'another name for the list': successReply(taskData('succeeded', { data: { image_urls: [link] } })),
    'base64 instead of a link': successReply(
      taskData('succeeded', { data: { images: [{ b64_json: smallPng.toString('base64') }] } }),
    ),
  }),
  withLinks: (links) => successReply(taskData('succeeded', { data: imagesOf(...links) })),
  withoutPicture: {
    'no images': successReply(taskData('succeeded')),
    'an image without a link': successReply(
      taskData('succeeded', { data: { images: [{ file_name: 'output.png' }], description: '' } }),
    ),
    'no data': successReply(taskData('succeeded', { data: null })),
    'an empty list as data': successReply(taskData('succeeded', { data: [] })),
  },
};
