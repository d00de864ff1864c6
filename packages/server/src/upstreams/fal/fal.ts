// The upstream `fal`: fal's queue, to which a model is submitted and which is polled until the operation has ended.
// The answers hold links to go on with; they are not followed, since they could carry the key to another host.

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import { readDescription } from '../answers/answered-words.ts';
import { asMeantProblem, createApiCalls } from '../api-calls.ts';
import type { ApiOptions, AskedAnswer } from '../api-calls.ts';
import { collectResult } from '../results/collect-result.ts';
import type { OperationResult } from '../results/collect-result.ts';
import { idInLink, readOperationId } from '../operations/operation-id.ts';
import { findOperationState, readOperationState } from '../operations/operation-state.ts';
import { createOperationUpstream, noOperation } from '../operations/operation-upstream.ts';
import type { OperationWire, Polling, PollOutcome } from '../operations/operation-upstream.ts';
import { findPictures, holdsNone } from '../results/result-links.ts';
import type { ResultPictures } from '../results/result-links.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import { toUnread } from '../answers/unread-answer.ts';
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
import { capabilitiesOf } from './models.ts';
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

const fal: OperationWire = {
  name: 'fal',
  upstream: 'fal',
  capabilities: capabilitiesOf,
  async buildSubmit(request) {
    return { path: endpointOf(request).split('/'), json: buildInput(request) };
  },
  readSubmit(answer, { request, prompt, api }) {
    const requestId = isOk(answer) ? (readOperationId(answer, idNames) ?? idInLinks(answer.json)) : undefined;
    if (requestId !== undefined)
      return { operation: { model: appOf(endpointOf(request)), requestId }, warnings: [] };
    // As a base URL of fal.run instead of queue.fal.run gives them.
    const pictures = findPictures(isOk(answer) ? answer.json : undefined);
    if (pictures.links.length > 0) return resultOf(answer, pictures, api.reading('').secrets);
    const unread = { upstream: 'fal', reason: 'no id of an operation' };
    throw noOperation(answer, api.reading(prompt, true), unread, errorFailure);
  },
  statusPath: (operation) => [...operationPath(operation), 'status'],
  async readStatus(answer, polling) {
    const reading = polling.api.reading(polling.prompt);
    if (answer.status === 404) return { failure: goneFailure() };
    if (!isOk(answer)) throw new TaskError(errorFailure(answer, reading));
    const state = readOperationState(findOperationState(answer.json)?.word);
    if (state === undefined) throw new TaskError(notAState(answer, reading));
    if (state === 'goes on' || state === 'unknown') return {};
    const failed = state === 'succeeded' ? undefined : answer;
    try {
      return await askResult(failed, polling);
    } catch (error) {
      if (!(error instanceof TaskError) || failed !== undefined) throw error;
      // The operation has ended: whatever keeps its result from being fetched, another one would be paid for twice.
      throw answeredError(error);
    }
  },
  cancelMethod: 'PUT',
  cancelPath: (operation) => [...operationPath(operation), 'cancel'],
  // 400 says that it has ended already, and 404 that it is gone.
  cancelDone: [400, 404],
  checkPath: () => [...operationPath(probe), 'status'],
  readCheck(answer, reading) {
    if (!isOk(answer) && !(answer.status === 404 && isFals(answer)))
      throw new TaskError(errorFailure(answer, reading));
    return 'fal answered and took the key.';
  },
};

/** An upstream that makes pictures with models at fal. Throws `TypeError` at once when the base URL is none. */
export function createFal({ apiKey, baseUrl = defaultBaseUrl, ...options }: FalOptions): Upstream {
  const keys = [apiKey, ...apiKey.split(':')];
  const authorization = `Key ${apiKey}`;
  return createOperationUpstream(
    fal,
    createApiCalls({ ...options, upstream: 'fal', baseUrl, authorization, keys }),
  );
}

function idInLinks(json: unknown): string | undefined {
  const links = Object.values(operationLinks.safeParse(json).data ?? {});
  return links.map((each) => idInLink(each, 'requests')).find((id) => id !== undefined);
}

/** Asks for the result. `failed`: the answer by which the queue said that the operation has failed. */
async function askResult(failed: Answer | undefined, polling: Polling): Promise<PollOutcome> {
  const { api, operation, prompt, signal } = polling;
  const answer = await api.call('GET', operationPath(operation), { signal });
  if (failed === undefined && isNotYetThere(answer)) return {};
  if (isOk(answer)) return await readResult(answer, failed, polling);
  if (isEnding(answer)) return { failure: endingFailure(answer, api.reading(prompt)) };
  throw new TaskError(errorFailure(answer, api.reading(prompt)));
}

async function readResult(
  answer: AskedAnswer,
  failed: Answer | undefined,
  { api: { download, reading }, operation, prompt, signal }: Polling,
): Promise<PollOutcome> {
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

function operationPath({ model = '', requestId = '' }: Operation): string[] {
  return [...model.split('/'), 'requests', requestId];
}
