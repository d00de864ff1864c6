// Answers without a picture that are no errors at Google.

import type { Task } from '../../../core/tasks/task.ts';
import type { FaceRefusal } from '../../refusals/face-form.ts';
import type { GeminiContents } from './answers.ts';
import { usageOf } from './contents.ts';

/** Reasons of npm @google/genai 3.3.0 by which the answer itself ended; others of an upstream become one of these. */
const refusing = [
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
];
const empty = ['NO_IMAGE', 'IMAGE_OTHER', 'OTHER', 'MAX_TOKENS', 'MALFORMED_RESPONSE'];
const blocking = ['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY'];

/** Answer of status 200 that Gemini gives to a request that was refused for its content, or made no picture; `undefined` for any other failure. */
export function pictureless({ type, message, task }: FaceRefusal): GeminiContents | undefined {
  if (type !== 'content_rejected' && type !== 'no_image') return undefined;
  const reason = task?.failure?.upstreamReason ?? '';
  const common = {
    ...usageOf(task),
    modelVersion: task?.model ?? 'nano-banana-2.1',
    responseId: task?.id ?? '',
  } satisfies GeminiContents;
  const blockReason = blockReasonIn(reason);
  if (type === 'content_rejected' && blockReason !== undefined)
    return { promptFeedback: { blockReason, blockReasonMessage: message }, ...common };
  const [otherwise, reasons] =
    type === 'content_rejected' ? (['IMAGE_SAFETY', refusing] as const) : (['NO_IMAGE', empty] as const);
  const finishReason = reasons.find((each) => each === reason) ?? otherwise;
  return { candidates: [{ finishReason, finishMessage: message, index: 0 }], ...common };
}

/** How an upstream of Google's stored that it blocked the prompt, `promptFeedback SAFETY`. */
function blockReasonIn(reason: NonNullable<Task['failure']>['upstreamReason'] & string): string | undefined {
  const [, block] = /^promptFeedback (\w{1,40})$/.exec(reason) ?? [];
  return block === undefined ? undefined : (blocking.find((each) => each === block) ?? 'OTHER');
}
