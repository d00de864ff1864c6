// Tasks as predictions, in answers and in webhooks.

import type { FormMessage } from '../../../core/webhooks/face-message.ts';
import type { Task } from '../../../core/tasks/task.ts';
import { imagesData, type Links } from '../../views/task-view.ts';
import type { ReplicatePrediction } from './answers.ts';
import { replicateRoot } from './replicate-form.ts';

export interface PredictionParts {
  links: Links;
  publicUrl: () => string;
}

export function predictionOf(task: Task, { links, publicUrl }: PredictionParts): ReplicatePrediction {
  const { id, request, finishedAt, createdAt, attempts, failure, result } = task;
  const { count = 1, face } = request;
  const urls = imagesData(task, links).images.map(({ url }) => withFormat(url, face?.format));
  const output = count === 1 ? (urls[0] ?? null) : urls;
  const startedAt = attempts[0]?.startedAt;
  const times = { ended: finishedAt, started: startedAt, created: createdAt };
  const address = `${publicUrl()}${replicateRoot}/predictions/${id}`;
  return {
    id,
    model: `google/${task.model}`,
    version: task.model,
    status: statusOf(task),
    input: inputOf(task),
    output: task.state === 'succeeded' ? output : null,
    error: failure?.message ?? null,
    logs: (result?.warnings ?? []).join('\n'),
    data_removed: request.promptDeleted === true,
    source: 'api',
    created_at: new Date(createdAt).toISOString(),
    ...(startedAt === undefined ? {} : { started_at: new Date(startedAt).toISOString() }),
    ...(finishedAt === null ? {} : { completed_at: new Date(finishedAt).toISOString() }),
    ...metricsOf(times),
    urls: { get: address, cancel: `${address}/cancel` },
  };
}

function statusOf({ state, failure }: Task): ReplicatePrediction['status'] {
  if (state === 'error') return failure?.type === 'cancelled' ? 'canceled' : 'failed';
  return ({ pending: 'starting', running: 'processing', succeeded: 'succeeded' } as const)[state];
}

function inputOf({ request }: Task): ReplicatePrediction['input'] {
  const { prompt, aspectRatio, imageSize, count, seed, face } = request;
  return {
    prompt,
    aspect_ratio: aspectRatio,
    resolution: imageSize,
    ...(count === undefined ? {} : { num_outputs: count }),
    ...(seed === undefined ? {} : { seed }),
    ...(face?.format === undefined ? {} : { output_format: face.format }),
  };
}

function metricsOf({
  ended,
  started,
  created,
}: {
  ended: number | null;
  started: number | undefined;
  created: number;
}): Pick<ReplicatePrediction, 'metrics'> {
  if (ended === null || started === undefined) return {};
  return { metrics: { predict_time: (ended - started) / 1000, total_time: (ended - created) / 1000 } };
}

/** A link makes the rendition when it is followed. */
function withFormat(url: string, format: string | undefined): string {
  return format === undefined ? url : `${url}&format=${format}`;
}

/** Makes the maker of messages, which are signed as all others are: Replicate signs by the same standard. */
export function createReplicateMessages(parts: PredictionParts): FormMessage {
  return (task) => ({ body: JSON.stringify(predictionOf(task, parts)) });
}
