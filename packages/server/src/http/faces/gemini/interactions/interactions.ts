// Google's interactions: a task whose id is answered at once, or that the call waits for.

import type { FastifyReply } from 'fastify';
import type { CancelTask } from '../../../../core/commands/cancel-task.ts';
import type { DeleteTask } from '../../../../core/commands/delete-task.ts';
import { RequestError } from '../../../../core/errors.ts';
import type { Caller } from '../../../../core/keys/keys.ts';
import type { Task } from '../../../../core/tasks/task.ts';
import type { TaskReads } from '../../../../core/tasks/task-reads.ts';
import type { WaitForNews } from '../../../../core/tasks/wait-for-news.ts';
import type { Clock } from '../../../../lib/clock.ts';
import { unixSeconds } from '../../../../lib/time/unix-time.ts';
import { type ActingKey, ownTask, unknownTask } from '../../../access/own-task.ts';
import type { Face } from '../../../app.ts';
import type { Fields } from '../../../body/body-fields.ts';
import { untilGone } from '../../../connections/client-gone.ts';
import { TaskFailedError } from '../../../refusals/face-form.ts';
import { invalid } from '../../../refusals/invalid.ts';
import type { Given } from '../../../route/members.ts';
import type { Call } from '../../../route/route.ts';
import { filePath } from '../../../views/linked-pictures.ts';
import type { AskedPicture } from '../../kit/asked-task.ts';
import { faceRefusalOf, withForm } from '../../kit/face-scope.ts';
import { sendPictureJson } from '../../kit/picture-json.ts';
import type { FollowTask } from '../../kit/run-task.ts';
import { either } from '../either.ts';
import type { GenerateParts } from '../generate.ts';
import { sendJson } from '../../kit/send-json.ts';
import { geminiPlaces } from '../read-contents.ts';
import type { Sending } from '../shape.ts';
import { submissionOf } from '../submission-of.ts';
import { interactionForm } from './interaction-form.ts';
import { interactionRoutes } from './interaction-routes.ts';
import { beginInteraction, type InteractionStream } from './interaction-events.ts';
import { asMade, interactionOf, secondsOf } from './interaction-view.ts';
import { type InteractionRequest, readInteraction } from './read-interaction.ts';

export interface InteractionParts extends GenerateParts {
  store: Pick<TaskReads, 'find'>;
  actingKey: ActingKey;
  cancel: CancelTask;
  deleteTask: DeleteTask;
  waitForNews: WaitForNews;
  followTask: FollowTask;
  /** Link to `path` that works until then, Unix seconds. */
  linkTo: (path: string, expiresAt: number) => string;
  clock: Clock;
}

/** Time in which a cancelled task usually ends. The answer tells how it stands by then. */
const cancelMs = 3_000;
/** Links to earlier pictures are followed as the task is submitted. */
const linkSeconds = 3_600;

export function interactionsFace(parts: InteractionParts): Face {
  const { store, actingKey, cancel, deleteTask, waitForNews } = parts;
  const find = (caller: Caller, id: string) => findTask(parts, caller, id);
  const face = parts.serve(interactionRoutes, {
    createInteraction: (call) => createInteraction(parts, call),
    getInteraction: (call) => getInteraction(parts, call),
    async cancelInteraction({ caller, params: { id }, reply }) {
      const keyId = await actingKey(caller, id);
      if ((await cancel(id, keyId)) === 'requested') {
        const isNews = async () => (await store.find(id, keyId))?.finishedAt !== null;
        await waitForNews(id, { isNews, timeoutMs: cancelMs, signal: untilGone(reply) });
      }
      return show(parts, reply, await find(caller, id));
    },
    async deleteInteraction({ caller, params: { id }, reply }) {
      const outcome = await deleteTask(id, await actingKey(caller, id));
      if (outcome === 'unknown') throw unknownTask();
      if (outcome === 'open')
        throw new RequestError('conflict', 'This interaction has not ended. Cancel it first.');
      return sendJson(reply, {});
    },
  });
  return withForm(interactionForm, [face]);
}

type CreateCall = Call<Caller, 'version', undefined, never>;
type GetCall = Call<Caller, 'version' | 'id', Given, never>;

async function show(
  parts: InteractionParts,
  reply: FastifyReply,
  task: Task,
  sending: Sending = asMade,
): Promise<FastifyReply> {
  return sendPictureJson(reply, await interactionOf(task, sending, parts), parts.pictures);
}

/** Rejects with `RequestError` (`not_found`). */
async function findTask({ store, actingKey }: InteractionParts, caller: Caller, id: string): Promise<Task> {
  return ownTask(store, id, await actingKey(caller, id));
}

async function createInteraction(parts: InteractionParts, call: CreateCall): Promise<FastifyReply> {
  let stream: InteractionStream | undefined;
  const begin = (id: string, model: string) => {
    const created = secondsOf(parts.clock.now());
    stream = beginInteraction(call.reply, parts, { made: { id, model, created } });
  };
  try {
    const { task, sending } = await create(parts, call, begin);
    if (stream === undefined) return await show(parts, call.reply, task, sending);
    await stream.end(task, sending);
  } catch (error) {
    if (stream === undefined) throw error;
    await stream.fail(faceRefusalOf(call.answers, call.request, call.reply, error));
  }
  return call.reply;
}

/** With `stream` the events of an interaction from its beginning, or from the one after `last_event_id`. */
async function getInteraction(parts: InteractionParts, call: GetCall): Promise<FastifyReply> {
  const { caller, params, query, reply } = call;
  const task = await findTask(parts, caller, params.id);
  if (query['stream'] !== 'true') return show(parts, reply, task);
  const after = readEventId(query['last_event_id']);
  const { id, model, createdAt } = task;
  let stream: InteractionStream | undefined;
  const begin = () => {
    const made = { id, model, created: secondsOf(createdAt) };
    return (stream ??= beginInteraction(reply, parts, { made, after }));
  };
  try {
    const final = task.finishedAt === null ? await parts.followTask(call, task, begin) : task;
    await begin().end(final, asMade);
  } catch (error) {
    if (stream === undefined) throw error;
    await stream.fail(faceRefusalOf(call.answers, call.request, reply, error));
  }
  return reply;
}

/** Throws `RequestError` (`invalid_request`). */
function readEventId(given: unknown): number {
  if (given === undefined || given === '') return 0;
  if (typeof given === 'string' && /^\d{1,6}$/.test(given)) return Number(given);
  throw invalid([{ path: 'last_event_id', message: 'must be the event_id of an event of this interaction' }]);
}

/**
 * A task that failed is an interaction like any other: as an error it would be tried again by the library, and perhaps paid again. `begin` is
 * called where the answer is a stream, once there is a task.
 */
async function create(
  parts: InteractionParts,
  call: CreateCall,
  begin: (id: string, model: string) => void,
): Promise<{ task: Task; sending: Sending }> {
  let request: InteractionRequest | undefined;
  const sendingOf = () => request?.sending ?? asMade;
  try {
    const { task } = await parts.runTask(call, {
      pictures: geminiPlaces,
      async read({ fields }) {
        const earlier = await picturesBefore(parts, call.caller, fields);
        request = readInteraction(fields, { limits: parts.limits, earlier });
        return await submissionOf(request, call.caller, parts);
      },
      onAccepted({ taskId }) {
        if (request?.isStream === true) begin(taskId, String(request.asked.model));
      },
      waits: () => request?.isStream === true || request?.isBackground !== true,
    });
    return { task, sending: sendingOf() };
  } catch (error) {
    if (!(error instanceof TaskFailedError)) throw error;
    return { task: error.task, sending: sendingOf() };
  }
}

/** Links to the pictures of the interaction before, which are to be edited. Rejects with `RequestError` (`invalid_request`). */
async function picturesBefore(
  { store, actingKey, linkTo, clock }: InteractionParts,
  caller: Caller,
  fields: Fields,
): Promise<AskedPicture[]> {
  const { path, value } = either(fields, 'previousInteractionId');
  if (value === undefined || value === '') return [];
  const id = typeof value === 'string' && value.length <= 100 ? value.toLowerCase() : '';
  const task = id === '' ? null : await store.find(id, await actingKey(caller, id));
  if (task === null) throw invalid([{ path, message: 'is no interaction of this key' }]);
  const pictures = task.result?.pictures ?? [];
  if (pictures.length === 0) throw invalid([{ path, message: 'is an interaction without a picture' }]);
  const expiresAt = unixSeconds(clock.now()) + linkSeconds;
  return pictures.map(({ fileName }) => ({ path, value: linkTo(filePath(task.id, fileName), expiresAt) }));
}
