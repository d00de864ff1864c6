// Interactions as answers, made of their tasks.

import type { RenderPicture } from '../../../../core/pictures/renditions.ts';
import type { Task } from '../../../../core/tasks/task.ts';
import type { Links } from '../../../views/task-view.ts';
import { contentsOf, usageOf } from '../contents.ts';
import type { Sending } from '../shape.ts';
import type { Interaction, InteractionContent } from './answers.ts';

export interface ViewParts {
  links: Links;
  render: RenderPicture;
}

export const asMade: Sending = { asLink: false, withText: true };

export async function interactionOf(task: Task, sending: Sending, parts: ViewParts): Promise<Interaction> {
  const { failure, request } = task;
  const content = task.state === 'succeeded' ? await contentOf(task, sending, parts) : [];
  const { usageMetadata: usage } = usageOf(task);
  return {
    id: task.id,
    object: 'interaction',
    model: task.model,
    status: statusOf(task),
    created: secondsOf(task.createdAt),
    updated: secondsOf(task.updatedAt),
    steps: content.length === 0 ? [] : [{ type: 'model_output', content }],
    ...(failure === null ? {} : { errors: [{ code: failure.type, message: failure.message }] }),
    ...(request.metadata === undefined ? {} : { labels: request.metadata }),
    ...(usage === undefined
      ? {}
      : {
          usage: {
            total_input_tokens: usage.promptTokenCount,
            total_output_tokens: usage.candidatesTokenCount,
            total_tokens: usage.totalTokenCount,
          },
        }),
  };
}

function statusOf({ state, failure }: Task): Interaction['status'] {
  if (state === 'succeeded') return 'completed';
  if (state !== 'error') return 'in_progress';
  return failure?.type === 'cancelled' ? 'cancelled' : 'failed';
}

/** RFC 3339, to the second. `at` in Unix milliseconds. */
export const secondsOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

async function contentOf(...given: Parameters<typeof contentsOf>): Promise<InteractionContent[]> {
  const { candidates = [] } = await contentsOf(...given);
  return candidates
    .flatMap((candidate) => candidate.content?.parts ?? [])
    .map(({ text, inlineData, fileData }): InteractionContent => {
      if (text !== undefined) return { type: 'text', text };
      if (fileData !== undefined)
        return { type: 'image', mime_type: fileData.mimeType, uri: fileData.fileUri };
      return { type: 'image', mime_type: inlineData?.mimeType ?? '', data: inlineData?.data ?? '' };
    });
}
