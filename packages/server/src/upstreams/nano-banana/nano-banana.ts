// The upstream `nano-banana`: another server of the task API that this server itself speaks, a vendor's or a Plantain.
// Pictures to edit travel inside the body. A Plantain takes them so; a vendor refuses them, or even leaves them out in silence.

import { randomUUID } from 'node:crypto';
import { TaskError } from '../../core/errors.ts';
import type { Operation } from '../../core/task.ts';
import type {
  OperationFailure,
  OperationProgress,
  StartedOperation,
  Upstream,
  UpstreamRequest,
  UpstreamResult,
} from '../../core/upstream.ts';
import { createSystemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { readRetryAfterMs } from '../../lib/retry-after.ts';
import { createDownload } from '../download.ts';
import type { Download, FetchPublic } from '../download.ts';
import { createTransport } from '../transport.ts';
import type { Call, Transport } from '../transport.ts';
import { collectResult, safeWarnings } from './collect.ts';
import {
  queryFailure,
  submitFailure,
  taskFailure,
  taskGone,
  unreadableQuery,
  unreadableSubmit,
  upstream,
} from './failures.ts';
import type { Known } from './failures.ts';
import { capabilitiesOf } from './models.ts';
import { markOf, withoutPrompt } from './prompt-mark.ts';
import { readAccepted, readReply } from './reply.ts';
import type { TaskReply } from './reply.ts';
import { buildRequest, endpoint } from './request.ts';
import { readTaskStatus } from './task-status.ts';

/** A submit is answered at once, but 14 pictures take a while to travel. */
const defaultTimeoutMs = 120_000;
const queryTimeoutMs = 30_000;
/** `error` is the API's word; several of its clients look for `failed` as well. A task in any other state goes on. */
const failedStates: ReadonlySet<string> = new Set(['error', 'failed']);
/** Answers to a cancel that leave nothing to do; the others are for no such task, no such call, and a task that has ended. */
const cancelDone: ReadonlySet<number> = new Set([200, 404, 405, 409]);

export interface NanoBananaOptions {
  /** Sent as it is in `Authorization`. */
  apiKey: string;
  /** Everything before `/api/gemini/nano-banana`; path and query are kept. */
  baseUrl: string;
  /** How long a submit may take; default 120,000. */
  timeoutMs?: number | undefined;
  /** The largest answer or picture that is read; defaults of the transport and of downloads. */
  maxAnswerBytes?: number | undefined;
  /** Fetches pictures whose links lead to another origin than the base URL's. */
  fetchPublic: FetchPublic;
  /** Given when several upstreams share one, or to close it; without it the upstream has its own, whose idle connections end by themselves. */
  transport?: Transport | undefined;
  clock?: Clock | undefined;
}

/** What the calls have in common. */
interface Api {
  /** `path`: the segments below `/api/gemini`. */
  send(path: string[], call: Omit<Call, 'upstream' | 'url'>): Promise<TaskReply>;
  query(taskId: string, signal: AbortSignal): Promise<TaskReply>;
  download: Download;
  known(...prompts: string[]): Known;
}

/** An upstream that makes pictures with another server of the task API. Throws `TypeError` at once when the base URL is none. */
export function createNanoBanana(options: NanoBananaOptions): Upstream {
  const { apiKey, baseUrl, transport = createTransport(), clock = createSystemClock() } = options;
  const { timeoutMs = defaultTimeoutMs, maxAnswerBytes } = options;

  async function send(path: string[], call: Omit<Call, 'upstream' | 'url'>): Promise<TaskReply> {
    const answer = await transport.send({
      ...call,
      upstream,
      url: endpoint(baseUrl, ...path),
      headers: { authorization: apiKey },
      ...(maxAnswerBytes === undefined ? {} : { maxAnswerBytes }),
    });
    return readReply(answer);
  }

  const api: Api = {
    send,
    query: (taskId, signal) =>
      send(['nano-banana', taskId], { method: 'GET', signal, timeoutMs: queryTimeoutMs }),
    download: createDownload({ ...options, upstream, transport, timeoutMs: undefined }),
    known: (...prompts) => ({ now: clock.now(), secrets: [apiKey, ...prompts] }),
  };
  return {
    name: 'nano-banana',
    capabilities: capabilitiesOf,
    start: (request, { signal }) => start(api, request, { signal, timeoutMs }),
    poll: (operation, { signal }) => poll(api, operation, signal),
    cancel: (operation, signal) => cancel(api, operation, signal),
    check: (signal) => check(api, signal),
  };
}

async function start(
  api: Api,
  request: UpstreamRequest,
  limits: { signal: AbortSignal; timeoutMs: number },
): Promise<StartedOperation> {
  const { path, json } = buildRequest(request);
  const reply = await api.send([path], { body: { json }, ...limits });
  const known = api.known(request.prompt);
  if (reply.status !== 200)
    throw new TaskError(submitFailure(reply, { ...known, withPictures: request.inputs.length > 0 }));
  const accepted = readAccepted(reply.data);
  if (accepted === undefined) throw new TaskError(unreadableSubmit());
  return {
    operation: { taskId: accepted.task_id, prompt: markOf(request.prompt) },
    warnings: safeWarnings(accepted.warnings ?? [], known.secrets),
    ...pollAfter(reply, known.now, accepted.poll_after_seconds),
  };
}

async function poll(
  api: Api,
  { taskId = '', prompt = '' }: Operation,
  signal: AbortSignal,
): Promise<UpstreamResult | OperationFailure | OperationProgress> {
  const reply = await api.query(taskId, signal);
  const known = api.known();
  const shown = (message: string) => withoutPrompt(message, prompt);
  // A gateway says 404 as well, while the server behind it restarts; that is no word on the task.
  if (reply.status === 404 && reply.recognised) return { failure: taskGone() };
  if (reply.status !== 200)
    throw new TaskError(queryFailure({ ...reply, message: shown(reply.message) }, known));
  const task = readTaskStatus(reply.data);
  if (task === undefined) throw new TaskError(unreadableQuery());
  const { state, usage, progress } = task;
  if (state === 'succeeded') return collectResult(task, { ...known, download: api.download, signal });
  if (failedStates.has(state)) {
    const failure = taskFailure({ ...task, message: shown(task.message) }, known.secrets);
    return { failure, ...(usage === undefined ? {} : { usage }) };
  }
  return {
    ...(progress === undefined ? {} : { progress }),
    ...pollAfter(reply, known.now, task.pollAfterSeconds),
  };
}

async function cancel(api: Api, { taskId = '', prompt = '' }: Operation, signal: AbortSignal): Promise<void> {
  const path = ['nano-banana', taskId, 'cancel'];
  const reply = await api.send(path, { billable: false, signal, timeoutMs: queryTimeoutMs });
  if (cancelDone.has(reply.status)) return;
  throw new TaskError(queryFailure({ ...reply, message: withoutPrompt(reply.message, prompt) }, api.known()));
}

async function check(api: Api, signal: AbortSignal): Promise<string> {
  const reply = await api.query(randomUUID(), signal);
  // That there is no such task is said only to a key that is known.
  if (reply.status === 404 && reply.recognised) return 'the task API answers and takes the key';
  throw new TaskError(reply.status === 200 ? unreadableQuery() : queryFailure(reply, api.known()));
}

/** How long the server asks to be left alone, in its headers or in the member that a Plantain adds. `now` in Unix milliseconds. */
function pollAfter({ headers }: TaskReply, now: number, seconds = 0): { pollAfterMs?: number } {
  const pollAfterMs = readRetryAfterMs(headers, now) ?? Math.ceil(seconds * 1000);
  return pollAfterMs > 0 ? { pollAfterMs } : {};
}
