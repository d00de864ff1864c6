// An upstream that works by itself: it answers a submit with the id of an operation, and is polled until that has ended. An
// adapter says which calls these are and reads their answers (`OperationWire`); the calls are made here.

import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type {
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
} from '../../core/upstreams/upstream.ts';
import { unreadError } from '../answers/unread-answer.ts';
import { asMeantProblem } from '../api-calls.ts';
import type { ApiCalls, AskedAnswer, Reading } from '../api-calls.ts';
import { cancelFailure } from '../failures/http-failure.ts';
import { collectAtOnce } from '../results/collect-result.ts';
import type { OperationResult } from '../results/collect-result.ts';
import { pollFinished } from '../results/finished-pictures.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';

export type PollOutcome = Awaited<ReturnType<NonNullable<Upstream['poll']>>>;

/** Everything around the answer to a poll; its reader may ask further. */
export interface Polling extends Pick<UpstreamContext, 'prompt' | 'signal'> {
  operation: Operation;
  api: ApiCalls;
}

/** Calls of an upstream, as segments below the base URL, and the readers of their answers, which throw `TaskError`. */
export interface OperationWire extends Pick<Upstream, 'name' | 'capabilities'> {
  /** The upstream's name as people write it. */
  upstream: string;
  /** Builds the call that starts an operation, a POST. Other calls, such as uploads, may go before it. */
  buildSubmit(
    request: UpstreamRequest,
    context: UpstreamContext,
    api: ApiCalls,
  ): Promise<{ path: readonly string[]; json: unknown }>;
  /** Reads the operation, or pictures that came in its place. */
  readSubmit(
    answer: AskedAnswer,
    around: { request: UpstreamRequest; prompt: string; api: ApiCalls },
  ): StartedOperation | OperationResult;
  statusPath(operation: Operation): readonly string[];
  readStatus(answer: AskedAnswer, polling: Polling): Promise<PollOutcome>;
  cancelMethod: 'POST' | 'PUT';
  cancelPath(operation: Operation): readonly string[];
  /** Reads the status that the answer to a cancel means; without it that is the one of HTTP. */
  readCancel?(answer: AskedAnswer): Pick<Answer, 'status' | 'headers'>;
  /** Statuses that leave nothing to cancel, besides those of success. */
  cancelDone: readonly number[];
  /** Path of a call that costs nothing and shows whether address and credential work. */
  checkPath(): readonly string[];
  /** Reads a few words for the operator. */
  readCheck(answer: AskedAnswer, reading: Reading): string;
}

export function createOperationUpstream(wire: OperationWire, api: ApiCalls): Upstream {
  const { call, reading, timeoutMs, download } = api;
  return {
    name: wire.name,
    capabilities: wire.capabilities,
    async start(request, context) {
      const { prompt, signal } = context;
      const { path, json } = await wire.buildSubmit(request, context, api);
      const answer = await call('POST', path, { body: { json }, timeoutMs, signal });
      const started = wire.readSubmit(answer, { request, prompt, api });
      return 'operation' in started ? started : await collectAtOnce(started, { download, signal });
    },
    async poll(operation, { prompt, signal }) {
      if ('finished' in operation) return await pollFinished(operation, { download, signal });
      const answer = await call('GET', wire.statusPath(operation), { signal });
      return await wire.readStatus(answer, { operation, prompt, signal, api });
    },
    async cancel(operation, signal) {
      const answer = await call(wire.cancelMethod, wire.cancelPath(operation), { billable: false, signal });
      const meant = wire.readCancel?.(answer) ?? answer;
      if (isOk(meant) || wire.cancelDone.includes(meant.status)) return;
      throw new TaskError(cancelFailure(wire.upstream, meant, reading('').now));
    },
    async check(signal) {
      return wire.readCheck(await call('GET', wire.checkPath(), { signal }), reading(''));
    },
  };
}

/** Tells why the answer to a submit names no operation: it is a refusal, wherever that stands, or it can't be read (`reason`). */
export function noOperation(
  answer: AskedAnswer,
  reading: Reading,
  { upstream, reason }: { upstream: string; reason: string },
  errorFailure: (answer: Answer, reading: Reading) => TaskFailure,
): TaskError {
  const meant = asMeantProblem(answer);
  if (!isOk(meant)) return new TaskError(errorFailure(meant, reading));
  return unreadError(answer, { upstream, reason, secrets: reading.secrets });
}
