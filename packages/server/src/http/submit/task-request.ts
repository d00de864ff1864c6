// The request that a task was made from: as the members of a submit, so that it can be sent again as it is or with changes. The
// status query does not show it: who may follow a task by a link, or receives its webhooks, need not know the prompt.

import type { TaskRequestData } from '@plantain/client';
import type { Task } from '../../core/tasks/task.ts';
import { filePath, inputPicture } from '../views/linked-pictures.ts';

const hourSeconds = 3_600;

/**
 * Links to pictures that are kept here work for one to two hours, as long as their bytes are kept; who asks again within the hour gets
 * the same ones. `linkTo` signs a path until a time (Unix seconds).
 */
export function taskRequestData(
  { id, action, model, request, createdAt, deadlineAt }: Task,
  { linkTo, now }: { linkTo: (path: string, expiresAt: number) => string; now: number },
): TaskRequestData {
  const { prompt, inputs, aspectRatio, imageSize, seed, count, ...others } = request;
  const { expiresInSeconds, metadata, callbackUrl, callbackEvents } = others;
  const expiresAt = (Math.floor(now / 1000 / hourSeconds) + 2) * hourSeconds;
  const { quality, background, moderation, promptDeleted } = request;
  const linked = inputs.map((input, index) => {
    const { role } = input;
    if (input.kind === 'url') return { role, link: input.url };
    const fileName = inputPicture(input, index)?.fileName ?? 'input';
    return { role, link: linkTo(filePath(id, fileName), expiresAt) };
  });
  const mask = linked.find(({ role }) => role === 'mask')?.link;
  return {
    task_id: id,
    action,
    prompt,
    ...(promptDeleted === undefined ? {} : { prompt_deleted: promptDeleted }),
    model,
    image_urls: linked.filter(({ role }) => role === undefined).map(({ link }) => link),
    ...(mask === undefined ? {} : { mask }),
    aspect_ratio: aspectRatio,
    image_size: imageSize,
    deadline_seconds: (deadlineAt - createdAt) / 1000,
    ...(seed === undefined ? {} : { seed }),
    ...(count === undefined ? {} : { count }),
    ...(quality === undefined ? {} : { quality }),
    ...(background === undefined ? {} : { background }),
    ...(moderation === undefined ? {} : { moderation }),
    ...(expiresInSeconds === undefined ? {} : { expires_in_seconds: expiresInSeconds }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(callbackUrl === undefined ? {} : { callback_url: callbackUrl }),
    ...(callbackEvents === undefined ? {} : { callback_events: [...callbackEvents] }),
  };
}
