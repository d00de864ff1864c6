// Result of a tool on a task: its data as text with links to the whole pictures, and small renditions of the pictures. Blocks of the type
// resource_link are not used: some hosts refuse a whole answer for one, and many show a model only the text, so that each link would
// have to be in both.

import type { CallToolResult } from '@modelcontextprotocol/server';
import { type PlantainClient, PlantainError, type TaskData } from '../index.ts';

/** Maximum sides and size of a shown picture. Models scale larger ones down, and hosts refuse answers of several megabytes. */
const shownPixels = 1_024;
const maxShownBytes = 2 ** 20;
/** Maximum of shown pictures; more would fill a model's context. */
const maxShown = 4;

/** An error result for a task that failed, and a result with a hint for one that goes on. */
export async function taskContent(
  task: TaskData,
  client: PlantainClient,
  signal: AbortSignal,
): Promise<CallToolResult> {
  const text = JSON.stringify(summary(task), null, 1);
  if (task.state === 'error') {
    const type = task.error?.type ?? 'internal';
    const again =
      task.error?.retryable === true
        ? 'The same request may succeed another time.'
        : 'The same request would fail again.';
    return {
      isError: true,
      content: [{ type: 'text', text: `The task failed (${type}): ${task.msg} ${again}\n${text}` }],
    };
  }
  if (task.state !== 'succeeded') {
    const hint = 'The task has not ended yet. Call wait_task with its task_id; do not submit it again.';
    return { content: [{ type: 'text', text: `${hint}\n${text}` }] };
  }
  const shown = task.data.images
    .slice(0, maxShown)
    .map((_, index) => shownPicture(client, task, index + 1, signal));
  const pictures = await Promise.all(shown);
  return { content: [{ type: 'text', text }, ...pictures.filter((picture) => picture !== null)] };
}

/** Members of a task for a model, without those that only programs need. */
export function summary(task: TaskData): Record<string, unknown> {
  const {
    task_id,
    state,
    action,
    model,
    progress,
    create_time,
    msg,
    queue_position,
    waiting,
    estimated_finish,
  } = task;
  return {
    task_id,
    state,
    action,
    model,
    progress,
    created_at: new Date(Number(create_time) * 1000).toISOString(),
    ...(msg === '' ? {} : { message: msg }),
    ...(waiting === undefined ? {} : { waiting: waiting.message }),
    ...(queue_position === undefined ? {} : { queue_position }),
    ...(estimated_finish === undefined
      ? {}
      : { estimated_finish: new Date(Number(estimated_finish) * 1000).toISOString() }),
    ...(task.data.description === '' ? {} : { description: task.data.description }),
    ...(task.warnings === undefined ? {} : { warnings: task.warnings }),
    ...(task.metadata === undefined ? {} : { metadata: task.metadata }),
    images: task.data.images.map(({ url }) => url),
  };
}

/**
 * Fetches a small rendition; servers other than Plantain send the whole picture. `null` where it can't be fetched or is too large: the
 * text has the link anyway.
 */
async function shownPicture(client: PlantainClient, task: TaskData, number: number, signal: AbortSignal) {
  const rendition = { width: shownPixels, height: shownPixels, format: 'webp', quality: 80 } as const;
  try {
    const picture = await client.picture(task, number, { signal, ...rendition });
    if (picture.size > maxShownBytes || !/^image\/(png|jpeg|webp|gif)$/.test(picture.type)) return null;
    const data = Buffer.from(await picture.arrayBuffer()).toString('base64');
    return { type: 'image' as const, data, mimeType: picture.type };
  } catch (error) {
    if (error instanceof PlantainError) return null;
    throw error;
  }
}
