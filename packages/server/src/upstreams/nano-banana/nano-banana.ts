// The upstream `nano-banana`: another server of the task API that this server itself speaks, a vendor's or a Plantain.
// Pictures to edit travel inside the body. A Plantain takes them so; a vendor refuses them, or even leaves them out in silence.

import { randomUUID } from 'node:crypto';
import { TaskError } from '../../core/errors.ts';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import { readRetryAfterMs } from '../../lib/retry-after.ts';
import { lastEvent } from '../answers/answer-json.ts';
import { createApiCalls } from '../api-calls.ts';
import type { ApiOptions, Reading } from '../api-calls.ts';
import { createOperationUpstream } from '../operations/operation-upstream.ts';
import type { OperationWire } from '../operations/operation-upstream.ts';
import { findPictures } from '../results/result-links.ts';
import type { ResultPictures } from '../results/result-links.ts';
import { unreadError } from '../answers/unread-answer.ts';
import { collectTask, safeWarnings } from './collect.ts';
import { queryFailure, submitFailure, taskFailure, taskGone, unreadableQuery, upstream } from './failures.ts';
import { capabilitiesOf } from './models.ts';
import { readAccepted, readReply } from './reply.ts';
import type { TaskReply } from './reply.ts';
import { buildRequest } from './request.ts';
import { readTaskStatus } from './task-status.ts';

const root = ['api', 'gemini'];
/** How a Plantain says that a path is none of its own, as below a base URL that ends in `/v1`: it then has not looked at the key. */
const nothingHere = 'There is nothing at this path.';

export interface NanoBananaOptions extends ApiOptions {
  /** Sent as it is in `Authorization`. */
  apiKey: string;
  /** Everything before `/api/gemini/nano-banana`. */
  baseUrl: string;
}

const taskApi: OperationWire = {
  name: 'nano-banana',
  upstream,
  capabilities: capabilitiesOf,
  async buildSubmit(request) {
    const { path, json } = buildRequest(request);
    return { path: [...root, path], json };
  },
  readSubmit(answer, { request, prompt, api }) {
    const reply = readReply(answer);
    const known = api.reading(prompt, true);
    const accepted = readAccepted(reply);
    if (reply.status !== 200 && !(reply.doubtful && accepted !== undefined))
      throw new TaskError(submitFailure(reply, { ...known, withPictures: request.inputs.length > 0 }));
    const pictures = picturesAtOnce(reply, accepted !== undefined);
    if (pictures !== undefined)
      return { upstream, answer, pictures, beside: { description: '', warnings: [] } };
    if (accepted === undefined) throw unnamedTask(reply, known);
    return {
      operation: { taskId: accepted.taskId },
      warnings: safeWarnings(accepted.warnings, known.secrets),
      ...pollAfter(reply, known.now, accepted.pollAfterSeconds),
    };
  },
  statusPath: ({ taskId = '' }) => [...root, 'nano-banana', taskId],
  async readStatus(answer, { api, operation, prompt, signal }) {
    const reply = readReply(answer);
    const known = api.reading(prompt);
    // A gateway says 404 as well, while the server behind it restarts; that is no word on the task.
    if (reply.status === 404 && reply.recognised) return { failure: taskGone() };
    const task = readTaskStatus(reply);
    if (reply.status !== 200 && !(reply.doubtful && task !== undefined))
      throw new TaskError(queryFailure(reply, known));
    if (task === undefined) throw new TaskError(unreadableQuery());
    const { state, usage, progress } = task;
    if (state === 'succeeded') return await collectTask({ task, answer }, api, { operation, prompt, signal });
    if (state === 'failed' || state === 'stopped') {
      const failure = taskFailure(task, known.secrets);
      return { failure, ...(usage === undefined ? {} : { usage }) };
    }
    return {
      ...(progress === undefined ? {} : { progress }),
      ...pollAfter(reply, known.now, task.pollAfterSeconds),
    };
  },
  cancelMethod: 'POST',
  cancelPath: ({ taskId = '' }) => [...root, 'nano-banana', taskId, 'cancel'],
  readCancel: readReply,
  // No such task, no such call, and a task that has ended.
  cancelDone: [404, 405, 409],
  checkPath: () => [...root, 'nano-banana', randomUUID()],
  readCheck(answer, reading) {
    const reply = readReply(answer);
    // That there is no such task is said only to a key that is known.
    const isElsewhere = reply.status === 404 && reply.message.startsWith(nothingHere);
    if (reply.status === 404 && reply.recognised && !isElsewhere)
      return 'the task API answers and takes the key';
    throw new TaskError(
      reply.status === 200 || isElsewhere ? unreadableQuery() : queryFailure(reply, reading),
    );
  },
};

/** An upstream that makes pictures with another server of the task API. Throws `TypeError` at once when the base URL is none. */
export function createNanoBanana({ apiKey, ...options }: NanoBananaOptions): Upstream {
  const api = createApiCalls({ ...options, upstream, authorization: apiKey, keys: [apiKey] });
  return createOperationUpstream(taskApi, api);
}

/** Pictures that came with the answer to the submit: instead of an id, or at the end of a stream. */
function picturesAtOnce(reply: TaskReply, isNamed: boolean): ResultPictures | undefined {
  const { json } = reply.answer;
  const hasEnded = Array.isArray(json) && json.length > 1 && readTaskStatus(reply)?.state === 'succeeded';
  if (isNamed && !hasEnded) return undefined;
  const found = [reply.data, lastEvent(json)].map(findPictures);
  return found.find(({ links }) => links.length > 0);
}

/** Words that can only be a refusal are one, also beside a code that says that all is well. */
function unnamedTask(reply: TaskReply, known: Reading): TaskError {
  const refused = submitFailure({ ...reply, status: 400 }, { ...known, withPictures: false });
  return refused.type === 'upstream_bad_request'
    ? unreadError(reply.answer, { upstream, reason: 'no id of a task', secrets: known.secrets })
    : new TaskError(refused);
}

/** How long the server asks to be left alone, in its headers or in the member that a Plantain adds. `now` in Unix milliseconds. */
function pollAfter({ headers }: TaskReply, now: number, seconds = 0): { pollAfterMs?: number } {
  const pollAfterMs = readRetryAfterMs(headers, now) ?? Math.ceil(seconds * 1000);
  return pollAfterMs > 0 ? { pollAfterMs } : {};
}
