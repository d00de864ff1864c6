// The upstream `fal`: fal's queue, to which a model is submitted and which is asked until the operation has ended.
// The answers hold links to go on with; they are not followed, since they could carry the key to another host.

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type {
  OperationFailure,
  OperationProgress,
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../../core/upstreams/upstream.ts';
import { readDescription } from '../answers/answered-words.ts';
import { asMeantProblem, createApiCalls } from '../api-calls.ts';
import type { ApiCalls, ApiOptions, AskedAnswer } from '../api-calls.ts';
import { collectAtOnce, collectResult } from '../results/collect-result.ts';
import type { OperationResult } from '../results/collect-result.ts';
import { pollFinished } from '../results/finished-pictures.ts';
import { cancelFailure } from '../failures/http-failure.ts';
import { idInLink, readOperationId } from '../operations/operation-id.ts';
import { findOperationState, readOperationState } from '../operations/operation-state.ts';
import { findPictures, holdsNone } from '../results/result-links.ts';
import type { ResultPictures } from '../results/result-links.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import { toUnread, unreadError } from '../answers/unread-answer.ts';
import {
  endingFailure,
  errorFailure,
  failedFailure,
  goneFailure,
  isEnding,
  isFals,
  noImageFailure,
  notAState,
  objectionFailure,
  saysNotYet,
  unreadablePoll,
} from './failures.ts';
import { falModel } from './models.ts';
import { appOf, buildInput, defaultBaseUrl, endpointOf } from './request.ts';

/** An operation that nobody has: 404 shows that the key was accepted, as a wrong one gives 401. */
const probe = { model: 'fal-ai/nano-banana', requestId: '00000000-0000-0000-0000-000000000000' };

/** The surest first. */
const idNames = ['requestid', 'id', 'jobid', 'taskid'];
const link = z.string().optional().catch(undefined);
const operationLinks = z.object({ response_url: link, status_url: link, cancel_url: link });
const described = z.object({ description: z.string().catch('') });

export interface FalOptions extends ApiOptions {
  /** As fal gives it: an id and a secret with a colon between. */
  apiKey: string;
}

/** An upstream that makes pictures with models at fal. Throws `TypeError` at once when the base URL is none. */
export function createFal({ apiKey, baseUrl = defaultBaseUrl, ...options }: FalOptions): Upstream {
  const queue = createApiCalls({
    ...options,
    upstream: 'fal',
    baseUrl,
    authorization: `Key ${apiKey}`,
    keys: [apiKey, ...apiKey.split(':')],
  });
  return {
    name: 'fal',
    capabilities: (model) => falModel(model).capabilities,
    start: (request, context) => start(queue, request, context),
    poll: (operation, context) => poll(queue, operation, context),
    cancel: (operation, signal) => cancel(queue, operation, signal),
    check: (signal) => check(queue, signal),
  };
}

async function start(
  { call, reading, timeoutMs, download }: ApiCalls,
  request: UpstreamRequest,
  { prompt, signal }: UpstreamContext,
): Promise<StartedOperation | UpstreamResult> {
  const path = endpointOf(request);
  const json = buildInput(request);
  const answer = await call('POST', path.split('/'), { body: { json }, timeoutMs, signal });
  const requestId = isOk(answer) ? (readOperationId(answer, idNames) ?? idInLinks(answer.json)) : undefined;
  if (requestId !== undefined) return { operation: { model: appOf(path), requestId }, warnings: [] };
  // As a base URL of fal.run instead of queue.fal.run gives them.
  const pictures = findPictures(isOk(answer) ? answer.json : undefined);
  if (pictures.links.length > 0)
    return await collectAtOnce(resultOf(answer, pictures, reading('').secrets), { download, signal });
  const meant = asMeantProblem(answer);
  if (!isOk(meant)) throw new TaskError(errorFailure(meant, reading(prompt, true)));
  const { secrets } = reading(prompt);
  throw unreadError(answer, { upstream: 'fal', reason: 'no id of an operation', secrets });
}

function idInLinks(json: unknown): string | undefined {
  const links = Object.values(operationLinks.safeParse(json).data ?? {});
  return links.map((each) => idInLink(each, 'requests')).find((id) => id !== undefined);
}

async function poll(
  queue: ApiCalls,
  operation: Operation,
  { prompt, signal }: UpstreamContext,
): Promise<UpstreamResult | OperationFailure | OperationProgress> {
  const { call, reading, download } = queue;
  if ('finished' in operation) return await pollFinished(operation, { download, signal });
  const asked = await call('GET', [...operationPath(operation), 'status'], { signal });
  if (asked.status === 404) return { failure: goneFailure() };
  if (!isOk(asked)) throw new TaskError(errorFailure(asked, reading(prompt)));
  const state = readOperationState(findOperationState(asked.json)?.word);
  if (state === undefined) throw new TaskError(notAState(asked, reading(prompt)));
  if (state === 'goes on' || state === 'unknown') return {};
  const failed = state === 'succeeded' ? undefined : asked;
  try {
    return await askResult(queue, { failed, operation }, { prompt, signal });
  } catch (error) {
    if (!(error instanceof TaskError) || failed !== undefined) throw error;
    // The operation has ended: whatever keeps its result from being fetched, another one would be paid for twice.
    throw answeredError(error);
  }
}

/** `failed`: the answer by which the queue said that the operation has failed. */
async function askResult(
  queue: ApiCalls,
  { failed, operation }: { failed: Answer | undefined; operation: Operation },
  { prompt, signal }: Pick<UpstreamContext, 'prompt' | 'signal'>,
): Promise<UpstreamResult | OperationFailure | OperationProgress> {
  const { call, reading } = queue;
  const answer = await call('GET', operationPath(operation), { signal });
  if (failed === undefined && isNotYetThere(answer)) return {};
  if (isOk(answer)) return await readResult(queue, { answer, failed, operation }, { prompt, signal });
  if (isEnding(answer)) return { failure: endingFailure(answer, reading(prompt)) };
  throw new TaskError(errorFailure(answer, reading(prompt)));
}

async function readResult(
  { download, reading }: ApiCalls,
  { answer, failed, operation }: { answer: AskedAnswer; failed: Answer | undefined; operation: Operation },
  { prompt, signal }: Pick<UpstreamContext, 'prompt' | 'signal'>,
): Promise<UpstreamResult | OperationFailure> {
  const pictures = findPictures(answer.json);
  if (holdsNone(pictures)) {
    const meant = asMeantProblem(answer);
    if (!isOk(meant)) return { failure: objectionFailure(meant, reading(prompt)) };
    if (failed !== undefined) return { failure: failedFailure(failed, reading(prompt).secrets) };
    if (!described.safeParse(answer.json).success)
      throw new TaskError(unreadablePoll(), { answer: toUnread(answer) });
  }
  const result = resultOf(answer, pictures, reading('').secrets);
  const noImage = noImageFailure(result.beside.description, reading(prompt).secrets);
  return await collectResult(result, { operation, noImage }, { download, signal });
}

/** The queue may say that an operation has ended a moment before its result can be had. */
function isNotYetThere(answer: Answer): boolean {
  if (isOk(answer))
    return (
      holdsNone(findPictures(answer.json)) &&
      readOperationState(findOperationState(answer.json)?.word) === 'goes on'
    );
  return answer.status < 500 && saysNotYet(answer);
}

function answeredError(error: TaskError): TaskError {
  if (error.failure.answered === true) return error;
  const { failure, usage, answer } = error;
  return new TaskError({ ...failure, answered: true }, { cause: error, usage, answer });
}

function resultOf(
  answer: AskedAnswer,
  pictures: ResultPictures,
  secrets: readonly string[],
): OperationResult {
  const { description = '' } = described.safeParse(answer.json).data ?? {};
  return { upstream: 'fal', answer, pictures, beside: readDescription(description, secrets) };
}

async function cancel({ call, reading }: ApiCalls, operation: Operation, signal: AbortSignal): Promise<void> {
  const answer = await call('PUT', [...operationPath(operation), 'cancel'], { signal });
  // 400 says that it has ended already, and 404 that it is gone.
  if (isOk(answer) || answer.status === 400 || answer.status === 404) return;
  throw new TaskError(cancelFailure('fal', answer, reading('').now));
}

async function check({ call, reading }: ApiCalls, signal: AbortSignal): Promise<string> {
  const answer = await call('GET', [...operationPath(probe), 'status'], { signal });
  if (!isOk(answer) && !(answer.status === 404 && isFals(answer)))
    throw new TaskError(errorFailure(answer, reading('')));
  return 'fal answered and took the key.';
}

function operationPath({ model = '', requestId = '' }: Operation): string[] {
  return [...model.split('/'), 'requests', requestId];
}
