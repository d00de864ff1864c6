// Reads the answer of generateContent: the pictures, the words beside them and the tokens that were counted.
// Parts marked `thought` are drafts and musings of the model and are left out; the stated MIME type is not even
// looked at, since it is known to be wrong (googleapis/python-genai issue 1824).

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { UpstreamResult } from '../../core/upstream.ts';
import type { Usage } from '../../core/usage.ts';
import { readDescription } from '../answered-words.ts';
import { missingPictures, mostPictures } from '../linked-pictures.ts';
import { tokenCount, usageOf } from '../token-counts.ts';
import { asMeant } from '../meant-answer.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import { unreadError } from '../unread-answer.ts';
import { endingFailure, errorFailure } from './failures.ts';

const part = z.object({
  text: z.string().optional().catch(undefined),
  thought: z.boolean().optional().catch(undefined),
  inlineData: z.object({ data: z.string() }).optional().catch(undefined),
});
const candidate = z.object({
  content: z
    .object({ parts: z.array(part.catch({})) })
    .optional()
    .catch(undefined),
  finishReason: z.string().optional().catch(undefined),
});
const details = z
  .array(z.object({ modality: z.string(), tokenCount }))
  .optional()
  .catch(undefined);
const usageMetadata = z.object({
  promptTokenCount: tokenCount,
  promptTokensDetails: details,
  candidatesTokenCount: tokenCount,
  candidatesTokensDetails: details,
  thoughtsTokenCount: tokenCount,
  totalTokenCount: tokenCount,
});
const answerBody = z.object({
  candidates: z.array(candidate.catch({})).optional().catch(undefined),
  promptFeedback: z.object({ blockReason: z.string() }).optional().catch(undefined),
  usageMetadata: usageMetadata.optional().catch(undefined),
});

/**
 * The result that an answer of status 200 holds, pictures in the order of the answer. Throws `TaskError`, with the tokens that
 * were counted all the same: `content_rejected` or `no_image` when there is no picture, that of an error status when there is an
 * error instead, `upstream_unavailable` when the answer or every picture in it is damaged. `keys` never appear in the result,
 * and `secrets` never in a message. `now`: Unix milliseconds.
 */
export function readAnswer(
  answer: Answer,
  { keys, secrets, now }: { keys: readonly string[]; secrets: readonly string[]; now: number },
): UpstreamResult {
  const parsed = answerBody.safeParse(answer.json);
  const { candidates = [], promptFeedback, usageMetadata: counted } = parsed.data ?? {};
  const usage = readUsage(counted);
  const parts = candidates
    .flatMap((each) => each.content?.parts ?? [])
    .filter((each) => each.thought !== true);
  const words = parts.map((each) => each.text ?? '').join('');

  const encoded = parts.map((each) => each.inlineData?.data).filter((data) => data !== undefined);
  const pictures = encoded
    .slice(0, mostPictures)
    .map(decode)
    .filter((bytes) => bytes !== undefined);
  if (encoded.length === 0) {
    const meant = asMeant(answer);
    if (!isOk(meant)) throw new TaskError(errorFailure(meant, { now, secrets }), { usage });
    if (!parsed.success)
      throw unreadError(answer, { upstream: 'Gemini', reason: 'not the JSON of an answer' });
    const finishReasons = candidates
      .map((each) => each.finishReason)
      .filter((reason) => reason !== undefined);
    const blockReason = promptFeedback?.blockReason;
    throw new TaskError(endingFailure({ blockReason, finishReasons, words }, secrets), { usage });
  }
  if (pictures.length === 0)
    throw unreadError(answer, { upstream: 'Gemini', reason: 'malformed base64', usage });

  const { description, warnings } = readDescription(words, keys);
  return {
    pictures,
    description,
    warnings: [...missingPictures(encoded.length, pictures.length), ...warnings],
    ...(usage === undefined ? {} : { usage }),
  };
}

/** `undefined` for nothing and for anything that is not base64: Buffer skips what it can't read, so the length tells. */
function decode(data: string): Uint8Array | undefined {
  const bytes = Buffer.from(data, 'base64');
  return bytes.length > 0 && bytes.length === Buffer.byteLength(data, 'base64') ? bytes : undefined;
}

/** `undefined` when nothing was counted. A count that Gemini left out stays out. */
function readUsage(counted: z.infer<typeof usageMetadata> | undefined): Usage | undefined {
  if (counted === undefined) return undefined;
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount } = counted;
  const output = [candidatesTokenCount, thoughtsTokenCount].filter((each) => each !== undefined);
  return usageOf({
    input_tokens: promptTokenCount,
    input_image_tokens: imageTokens(counted.promptTokensDetails),
    output_tokens: output.length === 0 ? undefined : sum(output),
    output_image_tokens: imageTokens(counted.candidatesTokensDetails),
    total_tokens: totalTokenCount,
  });
}

function imageTokens(breakdown: z.infer<typeof details>): number | undefined {
  const pictures = (breakdown ?? []).filter(({ modality }) => modality === 'IMAGE');
  const counts = pictures.map((each) => each.tokenCount).filter((each) => each !== undefined);
  return counts.length === 0 ? undefined : sum(counts);
}

const sum = (counts: readonly number[]) => counts.reduce((total, each) => total + each, 0);
