// fal's queue: a request is a task, which its client asks for, follows and cancels by its id.

import type { FastifyReply } from 'fastify';
import type { TaskData } from '@plantain/client';
import type { CancelTask } from '../../../core/commands/cancel-task.ts';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { RenderPicture } from '../../../core/pictures/renditions.ts';
import type { Task } from '../../../core/tasks/task.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import type { Watch } from '../../../core/tasks/watch.ts';
import { mayRead } from '../../access/may-read.ts';
import { type ActingKey, ownTask, unknownTask } from '../../access/own-task.ts';
import type { EventStreams } from '../../connections/event-streams.ts';
import { TaskFailedError } from '../../refusals/face-form.ts';
import type { Call } from '../../route/route.ts';
import type { Given } from '../../route/members.ts';
import type { StatusReader } from '../../status/status-reader.ts';
import type { EarlierTries } from '../../submit/earlier-tries.ts';
import type { SubmitParts } from '../../submit/take-submit.ts';
import { costHeader, taskCost } from '../../views/task-cost.ts';
import type { Links } from '../../views/task-view.ts';
import { type PictureReads, sendPictureJson } from '../kit/picture-json.ts';
import { submitTask, taskIdHeader } from '../kit/run-task.ts';
import { tellWarnings } from '../kit/warnings-header.ts';
import type { FalCancel, FalError, FalStatus, FalSubmit } from './answers.ts';
import { readAsking } from './asked.ts';
import { aheadOf, falLinks, falStatus, inlineOutput, linkedOutput } from './output.ts';
import { falPictures, readInput } from './read-input.ts';
import { sendJson } from '../kit/send-json.ts';

export interface QueueParts extends SubmitParts {
  tries: EarlierTries;
  store: Pick<TaskReads, 'find'>;
  reader: StatusReader;
  actingKey: ActingKey;
  cancel: CancelTask;
  watch: Watch;
  streams: EventStreams;
  links: Links;
  render: RenderPicture;
  pictures: PictureReads;
  publicUrl: () => string;
}

export const requestIdHeader = 'X-Fal-Request-Id';

type AppCall<Query> = Call<Caller, 'owner' | 'alias', Query, never>;
type RequestCall<Query = unknown> = Call<Caller, 'owner' | 'alias' | 'id', Query, never>;

/** Handlers of the calls of the queue. */
export function queueCalls(parts: QueueParts) {
  return {
    falSubmit: (call: AppCall<Given>) => submit(parts, call),
    falStatus: (call: RequestCall<Given>) => status(parts, call),
    falStatusStream: (call: RequestCall<Given>) => stream(parts, call),
    falResult: (call: RequestCall) => result(parts, call),
    falCancel: (call: RequestCall) => cancel(parts, call),
  };
}

async function submit(parts: QueueParts, call: AppCall<Given>): Promise<FastifyReply> {
  const { params, query, request, reply, caller } = call;
  const asked = readAsking(params, request.headers, {
    longestSeconds: parts.limits.maxPictureLifetimeSeconds,
    webhook: query['fal_webhook'],
  });
  const { taskId, warnings } = await submitTask(parts, call, {
    pictures: falPictures,
    read: (body) => readInput(asked, body, parts.limits),
  });
  tellWarnings(reply, warnings);
  reply.header(taskIdHeader, taskId);
  const shown = await parts.reader.read(taskId, caller.keyId);
  const { queue_position } = JSON.parse(shown?.text ?? '{}') as Partial<TaskData>;
  return send(reply, 200, taskId, {
    status: 'IN_QUEUE',
    ...falLinks(parts.publicUrl(), params, taskId),
    queue_position: aheadOf(queue_position),
  } satisfies FalSubmit);
}

async function status(parts: QueueParts, call: RequestCall<Given>): Promise<FastifyReply> {
  const { params, reply, caller } = call;
  const shown = await readStatus(parts, call, await parts.actingKey(caller, params.id));
  if (shown === null) throw unknownTask();
  const { state, cost } = shown;
  reply.header(costHeader, cost);
  // The library asks until it hears COMPLETED, and knows no other state at the end: one that was cancelled is told by the status.
  if (state.status === 'CANCELLED') return send(reply, 499, params.id, cancelled(state));
  return send(reply, state.status === 'COMPLETED' ? 200 : 202, params.id, state);
}

function cancelled({ error = '' }: FalStatus): FalError {
  return { status: 'CANCELLED', detail: error, message: error, error_type: 'cancelled' };
}

/** `null` where this key has no such task. */
async function readStatus(
  { reader, publicUrl }: QueueParts,
  { params, query }: RequestCall<Given>,
  keyId: string,
): Promise<{ state: FalStatus; cost: string; isFinal: boolean } | null> {
  const shown = await reader.read(params.id, keyId);
  if (shown === null) return null;
  const links = falLinks(publicUrl(), params, params.id);
  const logs = query['logs'] === '1' || query['logs'] === 'true';
  const state = falStatus(JSON.parse(shown.text) as TaskData, links, { logs });
  return { state, cost: shown.cost, isFinal: shown.isFinal };
}

async function stream(parts: QueueParts, call: RequestCall<Given>): Promise<FastifyReply> {
  const { params, reply, caller } = call;
  const { actingKey, streams, watch } = parts;
  const keyId = await actingKey(caller, params.id);
  if ((await parts.reader.read(params.id, keyId)) === null) throw unknownTask();
  let sent = '';
  reply.header(requestIdHeader, params.id);
  streams.open(reply, caller.keyId, {
    mayRead: () => mayRead(call, async (again) => (await actingKey(again, params.id)) === keyId),
    watch: (wake) => watch.task(params.id, wake),
    async pump(events) {
      const shown = await readStatus(parts, call, keyId);
      if (!events.isReady) return;
      const text = shown === null ? '' : JSON.stringify(shown.state);
      if (text !== '' && text !== sent) events.sendPlain((sent = text));
      if (shown === null || shown.isFinal) events.end();
    },
  });
  return reply;
}

async function result(parts: QueueParts, { params, reply, caller }: RequestCall): Promise<FastifyReply> {
  const task = await ownTask(parts.store, params.id, await parts.actingKey(caller, params.id));
  if (task.finishedAt === null) {
    const message = 'Request is still in progress';
    const body: FalError = { detail: message, message, error_type: 'in_progress' };
    return send(reply, 400, task.id, body);
  }
  return await sendResult(parts, reply, task);
}

/** Answers with the pictures. Rejects with `TaskFailedError`. */
export async function sendResult(
  { links, render, pictures }: Pick<QueueParts, 'links' | 'render' | 'pictures'>,
  reply: FastifyReply,
  task: Task,
): Promise<FastifyReply> {
  const { charged_micro_usd: charged, reserved_micro_usd: reserved } = taskCost(task);
  reply.header(requestIdHeader, task.id).header(costHeader, String(charged ?? reserved));
  if (task.state !== 'succeeded') throw new TaskFailedError(task);
  reply.header('X-Fal-Billable-Units', String(task.result?.pictures.length ?? 0));
  if (!reply.hasHeader('X-Plantain-Warnings')) tellWarnings(reply, task.result?.warnings ?? []);
  if (task.request.face?.inline === true)
    return await sendPictureJson(reply, await inlineOutput(task, render), pictures);
  return send(reply, 200, task.id, linkedOutput(task, links));
}

async function cancel(parts: QueueParts, { params, reply, caller }: RequestCall): Promise<FastifyReply> {
  const outcome = await parts.cancel(params.id, await parts.actingKey(caller, params.id));
  const [code, state] = (
    {
      cancelled: [202, 'CANCELLATION_REQUESTED'],
      requested: [202, 'CANCELLATION_REQUESTED'],
      final: [400, 'ALREADY_COMPLETED'],
      unknown: [404, 'NOT_FOUND'],
    } as const
  )[outcome];
  return send(reply, code, outcome === 'unknown' ? null : params.id, { status: state } satisfies FalCancel);
}

/** `id` is that of a task: what a client wrote into a path need not be fit for a header. */
function send(reply: FastifyReply, code: number, id: string | null, body: object): FastifyReply {
  if (id !== null) reply.header(requestIdHeader, id);
  return sendJson(reply.code(code), body);
}

/** Refusal of what asks for an app by a path at which there is none. */
export function refuseTarget(url: string): void {
  const path = url.split('?', 1)[0] ?? '';
  if (/^\/fal\/proxy\/?$/.test(path))
    throw new RequestError(
      'invalid_request',
      'The header x-fal-target-url is missing, or is no address below https://queue.fal.run, https://fal.run or https://rest.fal.ai.',
    );
  if (path.startsWith('/fal/rest/storage/upload/initiate-multipart'))
    throw new RequestError(
      'too_large',
      'Files are not taken in parts, in which the library sends those of more than 90 MB.',
    );
}
