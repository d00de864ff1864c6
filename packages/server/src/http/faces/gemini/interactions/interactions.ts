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
import type { Call } from '../../../route/route.ts';
import { filePath } from '../../../views/linked-pictures.ts';
import type { AskedPicture } from '../../kit/asked-task.ts';
import { withForm } from '../../kit/face-scope.ts';
import { sendPictureJson } from '../../kit/picture-json.ts';
import { either } from '../either.ts';
import type { GenerateParts } from '../generate.ts';
import { sendJson } from '../../kit/send-json.ts';
import { geminiPlaces } from '../read-contents.ts';
import type { Sending } from '../shape.ts';
import { submissionOf } from '../submission-of.ts';
import { interactionForm } from './interaction-form.ts';
import { interactionRoutes } from './interaction-routes.ts';
import { asMade, interactionOf } from './interaction-view.ts';
import { type InteractionRequest, readInteraction } from './read-interaction.ts';

export interface InteractionParts extends GenerateParts {
  store: Pick<TaskReads, 'find'>;
  actingKey: ActingKey;
  cancel: CancelTask;
  deleteTask: DeleteTask;
  waitForNews: WaitForNews;
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
  const find = async (caller: Caller, id: string) => ownTask(store, id, await actingKey(caller, id));
  const show = async (reply: FastifyReply, task: Task, sending: Sending = asMade) =>
    sendPictureJson(reply, await interactionOf(task, sending, parts), parts.pictures);
  const face = parts.serve(interactionRoutes, {
    async createInteraction(call) {
      const { task, sending } = await create(parts, call);
      return show(call.reply, task, sending);
    },
    getInteraction: async ({ caller, params, reply }) => show(reply, await find(caller, params.id)),
    async cancelInteraction({ caller, params: { id }, reply }) {
      const keyId = await actingKey(caller, id);
      if ((await cancel(id, keyId)) === 'requested') {
        const isNews = async () => (await store.find(id, keyId))?.finishedAt !== null;
        await waitForNews(id, { isNews, timeoutMs: cancelMs, signal: untilGone(reply) });
      }
      return show(reply, await find(caller, id));
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

/** A task that failed is an interaction like any other: as an error it would be tried again by the library, and perhaps paid again. */
async function create(parts: InteractionParts, call: CreateCall): Promise<{ task: Task; sending: Sending }> {
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
      waits: () => request?.isBackground !== true,
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
