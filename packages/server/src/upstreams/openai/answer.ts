// Reads an answer of status 200: what it holds of each picture, and the tokens that were counted. OpenAI sends base64;
// compatible servers send that, or links, or both for the same picture, and the base64 is then taken.

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { Usage } from '../../core/usage.ts';
import { pictureBytes } from '../inline-picture.ts';
import { tokenCount } from '../token-counts.ts';
import { noPictureFailure, unreadableFailure } from './failures.ts';

const text = z.string().catch('');
const details = z.object({ image_tokens: tokenCount }).optional().catch(undefined);
const usageBody = z.object({
  input_tokens: tokenCount,
  input_tokens_details: details,
  output_tokens: tokenCount,
  output_tokens_details: details,
  total_tokens: tokenCount,
});
const answerBody = z.object({
  data: z.array(z.object({ b64_json: text, url: text }).catch({ b64_json: '', url: '' })).catch([]),
  usage: usageBody.optional().catch(undefined),
});

export interface ReadAnswer {
  /** In the order of the answer: the bytes, the link to them, or `null` where the base64 is damaged. */
  pictures: (Uint8Array | string | null)[];
  usage: Usage | undefined;
}

/**
 * What an answer holds; at least one picture or link to one. `body` is the parsed JSON, or `undefined` when it was none.
 * Throws `TaskError`: `no_image`, or `upstream_unavailable` when the answer or every picture in it is damaged.
 */
export function readAnswer(body: unknown, upstream: string): ReadAnswer {
  const parsed = answerBody.safeParse(body);
  if (!parsed.success) throw new TaskError(unreadableFailure(upstream, 'not the JSON of an answer'));
  const usage = parsed.data.usage === undefined ? undefined : readUsage(parsed.data.usage);
  const pictures = parsed.data.data
    .filter(({ b64_json, url }) => b64_json !== '' || url !== '')
    .map(({ b64_json, url }) => (b64_json !== '' || isDataUri(url) ? pictureBytes(b64_json || url) : url));
  if (pictures.length === 0) throw new TaskError(noPictureFailure(upstream), { usage });
  if (pictures.every((each) => each === null))
    throw new TaskError(unreadableFailure(upstream, 'malformed base64'), { usage });
  return { pictures, usage };
}

const isDataUri = (link: string) => /^\s{0,99}data:/i.test(link);

/** Servers that count nothing say so with zeros, which is no usage. Output is pictures unless the details say otherwise. */
function readUsage(body: z.infer<typeof usageBody>): Usage | undefined {
  const { input_tokens: input = 0, output_tokens: output = 0 } = body;
  if (input + output === 0) return undefined;
  return {
    input_tokens: input,
    input_image_tokens: body.input_tokens_details?.image_tokens ?? 0,
    output_tokens: output,
    output_image_tokens: body.output_tokens_details?.image_tokens ?? output,
    total_tokens: body.total_tokens ?? input + output,
  };
}
