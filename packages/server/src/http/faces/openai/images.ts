// OpenAI's Images API, synchronous: each call is a task that it waits for.

import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../core/keys/keys.ts';
import type { PartialImages } from '../../../core/partial-images/partial-images.ts';
import type { RenderPicture } from '../../../core/pictures/renditions.ts';
import { countOf, type Task, type TaskAction } from '../../../core/tasks/task.ts';
import type { Clock } from '../../../lib/clock.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import type { Face } from '../../app.ts';
import type { Call } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import type { ReadSubmission, SubmissionLimits } from '../../submit/submission.ts';
import { imagesData, type Links } from '../../views/task-view.ts';
import { convertedFile, convertedLink } from '../kit/converted-picture.ts';
import { beginEvents, type EventAnswer, type EventAnswerParts } from '../kit/event-answer.ts';
import { faceRefusalOf } from '../kit/face-scope.ts';
import type { LinkToFile } from '../kit/file-links.ts';
import { openAiForm } from '../kit/openai-form.ts';
import { PictureText, sendPictureJson } from '../kit/picture-json.ts';
import type { RunTask } from '../kit/run-task.ts';
import type { OpenAiImages, OpenAiUsage } from './answers.ts';
import type { Sending } from './image-members.ts';
import { openAiRoutes } from './image-routes.ts';
import { type ModelParts, sendModel, sendModels } from '../kit/model-calls.ts';
import {
  createRoom,
  maxHeldBytes,
  type Room,
  sendPartialImages,
  type StreamedTask,
} from './partial-events.ts';
import { imagePlaces, type ImageRequest, readImageRequest } from './read-image-request.ts';

export interface OpenAiParts extends EventAnswerParts, ModelParts {
  serve: Serve;
  runTask: RunTask;
  limits: SubmissionLimits;
  links: Links;
  render: RenderPicture;
  linkToFile: LinkToFile;
  partialImages: Pick<PartialImages, 'follow'>;
  clock: Clock;
}

type ImageCall = Call<Caller, never, undefined, never>;

/** With the room for partial images of all streams. */
type StreamParts = OpenAiParts & { room: Room };

export function openAiFace(given: OpenAiParts): Face {
  const parts = { ...given, room: createRoom(maxHeldBytes) };
  return parts.serve(openAiRoutes, {
    openAiGenerate: (call) => makeImages(parts, call, 'generate'),
    openAiEdit: (call) => makeImages(parts, call, 'edit'),
    openAiModels: (call) => sendModels(parts, call),
    openAiModel: (call) => sendModel(parts, call, call.params.model),
  });
}

async function makeImages(parts: StreamParts, call: ImageCall, action: TaskAction): Promise<FastifyReply> {
  let request: ImageRequest | undefined;
  let events: EventAnswer | undefined;
  let endPartialImages = async () => {};
  const name = action === 'edit' ? 'image_edit' : 'image_generation';
  try {
    const ran = await parts.runTask(call, {
      pictures: imagePlaces,
      async read(body) {
        const { keyId } = call.caller;
        const findFile = (id: string) => parts.linkToFile(keyId, id);
        request = await readImageRequest(action, body, { limits: parts.limits, findFile });
        return withPartialImages(parts, request);
      },
      onAccepted({ taskId }) {
        if (request?.sending.isStream !== true) return;
        events = beginEvents(call.reply, parts);
        endPartialImages = beginPartialImages(parts, events, { taskId, name, request });
      },
    });
    const sending = request!.sending;
    const images = await imagesOf(parts, ran.task, sending);
    // Not before the conversion, in which the client needs its signs of life and has nothing to read.
    await endPartialImages();
    if (events === undefined) return await sendPictureJson(call.reply, images, parts.pictures);
    await sendEvents(events, { ...optionsOf(request!.read), ...images }, name);
    return call.reply;
  } catch (error) {
    await endPartialImages();
    if (events === undefined) throw error;
    // The status is sent, so the library takes the error out of an event.
    const refusal = faceRefusalOf(call.answers, call.request, call.reply, error);
    await events.send('error', openAiForm.refuse(refusal).body);
    events.end();
    return call.reply;
  }
}

/** The submission, for a task that is asked for partial images where its model gives any; else with a warning. */
function withPartialImages(
  { models }: Pick<OpenAiParts, 'models'>,
  { read, sending: { partialImages } }: ImageRequest,
): ReadSubmission {
  const { submission, warnings } = read;
  if (partialImages === 0) return read;
  const { model } = submission;
  if (models.find(model)?.givesPartialImages === true)
    return { submission: { ...submission, partialImages }, warnings };
  const warning = `partial_images: no upstream of ${model} gives any, so none comes`;
  return { submission, warnings: [...warnings, warning] };
}

/** Sends partial images where they are asked for; returns the function that ends it. */
function beginPartialImages(
  { partialImages, room, clock }: StreamParts,
  events: EventAnswer,
  {
    taskId,
    name,
    request: { read, sending },
  }: { taskId: string; name: StreamedTask['name']; request: ImageRequest },
): () => Promise<void> {
  if (sending.partialImages === 0) return async () => {};
  const task = { taskId, name, count: countOf(read.submission), ...optionsOf(read) };
  return sendPartialImages(partialImages, events, task, { room, now: clock.now });
}

/** Options of the request that the library's types require of each event (npm openai 7.59.0, resources/images.d.ts). */
interface EventOptions {
  quality: string;
  background: string;
}

function optionsOf({ submission: { quality, background } }: ReadSubmission): EventOptions {
  return { quality: quality ?? 'auto', background: background ?? 'auto' };
}

/** One event for each picture, with the members of the whole beside it. */
async function sendEvents(
  events: EventAnswer,
  { created, data, ...described }: OpenAiImages & EventOptions,
  name: 'image_generation' | 'image_edit',
): Promise<void> {
  const type = `${name}.completed`;
  for (const picture of data)
    await events.send(type, { type, created_at: created, ...picture, ...described });
  events.end();
}

/** Gives the answer for a task that succeeded; each `b64_json` is a `PictureText`. */
export async function imagesOf(
  { links, render }: Pick<OpenAiParts, 'links' | 'render'>,
  task: Task,
  { asLink, format, quality }: Sending,
): Promise<OpenAiImages> {
  const pictures = task.result?.pictures ?? [];
  const urls = asLink
    ? imagesData(task, links).images.map(({ url }) => convertedLink(url, { format, quality }))
    : [];
  const files = asLink
    ? []
    : await Promise.all(pictures.map((picture) => convertedFile(render, task, picture, { format, quality })));
  const [first] = pictures;
  const contentType =
    files[0]?.contentType ?? (format === undefined ? first?.content_type : `image/${format}`);
  const usage = usageOf(task);
  return {
    created: unixSeconds(task.finishedAt ?? task.createdAt),
    // `PictureText` is the base64 of its picture once it is sent.
    data: asLink
      ? urls.map((url) => ({ url }))
      : files.map(({ key }) => ({ b64_json: new PictureText(key) as unknown as string })),
    ...(contentType === undefined ? {} : { output_format: contentType.replace('image/', '') }),
    ...(first === undefined ? {} : { size: `${first.width}x${first.height}` }),
    ...(usage === undefined ? {} : { usage }),
  };
}

function usageOf({ result }: Task): OpenAiUsage | undefined {
  const usage = result?.usage;
  if (usage === undefined) return undefined;
  const { input_tokens = 0, input_image_tokens = 0, output_tokens = 0 } = usage;
  return {
    input_tokens,
    input_tokens_details: {
      text_tokens: Math.max(0, input_tokens - input_image_tokens),
      image_tokens: input_image_tokens,
    },
    output_tokens,
    total_tokens: usage['total_tokens'] ?? input_tokens + output_tokens,
  };
}
