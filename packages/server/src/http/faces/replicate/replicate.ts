// Replicate's API: predictions are tasks, which a call may wait for; files are uploads.

import type { FastifyReply } from 'fastify';
import type { CancelTask } from '../../../core/commands/cancel-task.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { Task } from '../../../core/tasks/task.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import type { WaitForNews } from '../../../core/tasks/wait-for-news.ts';
import { newWebhookSecret } from '../../../core/webhooks/webhook.ts';
import type { WebhookStore } from '../../../core/webhooks/webhook-store.ts';
import { type ActingKey, ownTask, unknownTask } from '../../access/own-task.ts';
import type { Face } from '../../app.ts';
import { untilGone } from '../../connections/client-gone.ts';
import { whenFollowed } from '../../connections/in-turn.ts';
import type { OpenWaits } from '../../connections/open-waits.ts';
import { taskId as idPattern } from '../../queries/task-query.ts';
import { maxSilenceSeconds } from '../../queries/wait-query.ts';
import { invalid } from '../../refusals/invalid.ts';
import type { Given } from '../../route/members.ts';
import type { Call } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import type { EarlierTries } from '../../submit/earlier-tries.ts';
import type { SubmitParts } from '../../submit/take-submit.ts';
import { costHeader, taskCost } from '../../views/task-cost.ts';
import { submitTask, taskIdHeader } from '../kit/run-task.ts';
import { tellWarnings } from '../kit/warnings-header.ts';
import type { ReplicatePredictions, ReplicateSecret } from './answers.ts';
import { fileCalls, type FileParts } from './files.ts';
import { predictionOf, type PredictionParts } from './prediction.ts';
import { readPrediction, replicatePictures } from './read-prediction.ts';
import { replicateRoot } from './replicate-form.ts';
import { replicateRoutes } from './replicate-routes.ts';
import { sendJson } from '../kit/send-json.ts';

export interface ReplicateParts extends Omit<SubmitParts, 'callerAddress'>, FileParts, PredictionParts {
  serve: Serve;
  callerAddress: SubmitParts['callerAddress'];
  tries: EarlierTries;
  store: FileParts['store'] &
    Pick<TaskReads, 'find' | 'list'> &
    Pick<WebhookStore, 'ensureSecret' | 'secretsOf'>;
  actingKey: ActingKey;
  cancel: CancelTask;
  waits: OpenWaits;
  waitForNews: WaitForNews;
}

/** How many a page has. */
const pageSize = 100;
/** Time that the answer to a cancel may wait for the worker of the task. */
const cancelSeconds = 5;

export function replicateFace(parts: ReplicateParts): Face {
  return parts.serve(replicateRoutes, {
    replicateCreate: (call) => create(parts, call),
    replicateRun: (call) => create(parts, call, `${call.params.owner}/${call.params.name}`),
    async replicateGet({ caller, params, reply }) {
      const task = await ownTask(parts.store, params.id, await parts.actingKey(caller, params.id));
      return sendPrediction(parts, reply, task);
    },
    replicateCancel: (call) => cancel(parts, call),
    replicateList: (call) => list(parts, call),
    ...fileCalls(parts),
    async replicateSecret({ caller: { keyId }, reply }) {
      await parts.store.ensureSecret(keyId, newWebhookSecret(), parts.clock.now());
      const [current] = await parts.store.secretsOf(keyId, parts.clock.now());
      return sendJson(reply, { key: current?.secret ?? '' } satisfies ReplicateSecret);
    },
  });
}

type CreateCall = Call<Caller, string, undefined, never>;

async function create(parts: ReplicateParts, call: CreateCall, named?: string): Promise<FastifyReply> {
  const { caller, request, reply } = call;
  const seconds = preferredSeconds(request.headers['prefer']);
  const over = new AbortController();
  // One wait too many is refused before anything is made.
  const leave = seconds === null ? () => {} : parts.waits.enter(caller.keyId, () => over.abort());
  try {
    const { taskId, warnings } = await submitTask(parts, call, {
      pictures: replicatePictures,
      read: (body) => readPrediction(named, body, parts.limits),
    });
    reply.code(201).header(taskIdHeader, taskId);
    tellWarnings(reply, warnings);
    const { waits } = parts;
    const task =
      seconds === null || waits.isDraining
        ? await ownTask(parts.store, taskId, caller.keyId)
        : await untilEnd(parts, call, { taskId, keyId: caller.keyId, seconds, over: over.signal });
    const prediction = predictionOf(task, parts);
    const isOpen = seconds !== null && task.finishedAt === null;
    // The library takes any other state than this for the end where it asked to wait, and gives no output then.
    return sendPrediction(parts, reply, task, isOpen ? { ...prediction, status: 'starting' } : prediction);
  } finally {
    leave();
  }
}

interface End {
  taskId: string;
  keyId: string;
  seconds: number;
  over?: AbortSignal;
}

/** Gives the task once it has ended, or when the time is over, the server stops or the client has sent its next request. Rejects when the client hung up. */
async function untilEnd(
  { store, waitForNews }: ReplicateParts,
  { admitAgain, reply }: Pick<CreateCall, 'admitAgain' | 'reply'>,
  { taskId, keyId, seconds, over }: End,
): Promise<Task> {
  const gone = untilGone(reply);
  const isNews = async () => {
    // The key may be revoked while its call waits.
    await admitAgain();
    return (await ownTask(store, taskId, keyId)).finishedAt !== null;
  };
  const followed = new AbortController();
  const unfollow = whenFollowed(reply.raw, () => followed.abort());
  const signal = AbortSignal.any([gone, followed.signal, ...(over === undefined ? [] : [over])]);
  await waitForNews(taskId, { isNews, timeoutMs: seconds * 1000, signal }).finally(unfollow);
  gone.throwIfAborted();
  await admitAgain();
  return await ownTask(store, taskId, keyId);
}

/** Seconds that `Prefer: wait` or `wait=N` asks for; `null` where it asks for no wait. */
function preferredSeconds(prefer: string | string[] | undefined): number | null {
  for (const part of String(prefer ?? '')
    .slice(0, 200)
    .split(/[,;]/)) {
    const [name = '', value = ''] = part.split('=');
    if (name.trim().toLowerCase() !== 'wait') continue;
    const seconds = /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : maxSilenceSeconds;
    return Math.min(Math.max(seconds, 1), maxSilenceSeconds);
  }
  return null;
}

async function cancel(
  parts: ReplicateParts,
  call: Call<Caller, 'id', undefined, never>,
): Promise<FastifyReply> {
  const { caller, params, reply } = call;
  const keyId = await parts.actingKey(caller, params.id);
  const outcome = await parts.cancel(params.id, keyId);
  if (outcome === 'unknown') throw unknownTask();
  const task =
    outcome === 'requested'
      ? await untilEnd(parts, call, { taskId: params.id, keyId, seconds: cancelSeconds })
      : await ownTask(parts.store, params.id, keyId);
  return sendPrediction(parts, reply, task);
}

async function list(
  parts: ReplicateParts,
  { caller: { keyId }, query, reply }: Call<Caller, never, Given, never>,
): Promise<FastifyReply> {
  const { cursor } = query;
  if (cursor !== undefined && (typeof cursor !== 'string' || !idPattern.test(cursor)))
    throw invalid([{ path: 'cursor', message: 'must be that of a page before' }]);
  const { tasks, next } = await parts.store.list(
    { keyId, limit: pageSize, ...(cursor === undefined ? {} : { beforeId: cursor.toLowerCase() }) },
    { viewKey: '', promptLength: 0 },
  );
  const found = await Promise.all(tasks.map(({ id }) => parts.store.find(id, keyId)));
  return sendJson(reply, {
    previous: null,
    next: next === null ? null : `${parts.publicUrl()}${replicateRoot}/predictions?cursor=${next}`,
    results: found.filter((task) => task !== null).map((task) => predictionOf(task, parts)),
  } satisfies ReplicatePredictions);
}

function sendPrediction(
  parts: ReplicateParts,
  reply: FastifyReply,
  task: Task,
  body = predictionOf(task, parts),
): FastifyReply {
  const { charged_micro_usd: charged, reserved_micro_usd: reserved } = taskCost(task);
  return sendJson(reply.header(costHeader, String(charged ?? reserved)), body);
}
