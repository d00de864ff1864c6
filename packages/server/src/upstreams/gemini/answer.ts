// Reads the answer of generateContent: the pictures, the words beside them and the tokens that were counted.
// Parts marked `thought` are drafts and musings of the model and are left out; the stated MIME type is not even
// looked at, since it is known to be wrong (googleapis/python-genai issue 1824).

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { UpstreamResult } from '../../core/upstream.ts';
import type { Usage } from '../../core/usage.ts';
import { endingFailure, unreadableFailure } from './failures.ts';

/** Words beside a picture are a sentence or two; more than this is not worth storing with a task. */
const longestDescription = 32_768;

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
const count = z.number().optional().catch(undefined);
const details = z
  .array(z.object({ modality: z.string(), tokenCount: z.number() }))
  .optional()
  .catch(undefined);
const usageMetadata = z.object({
  promptTokenCount: count,
  promptTokensDetails: details,
  candidatesTokenCount: count,
  candidatesTokensDetails: details,
  thoughtsTokenCount: count,
  totalTokenCount: count,
});
const answerBody = z.object({
  candidates: z.array(candidate.catch({})).optional().catch(undefined),
  promptFeedback: z.object({ blockReason: z.string() }).optional().catch(undefined),
  usageMetadata: usageMetadata.optional().catch(undefined),
});

/**
 * The result that an answer of status 200 holds, pictures in the order of the answer. `body` is the parsed JSON, or
 * `undefined` when it was none. Throws `TaskError`, with the tokens that were counted all the same: `content_rejected` or
 * `no_image` when there is no picture, `upstream_unavailable` when the answer or every picture in it is damaged.
 * `secrets` never appear in a message.
 */
export function readAnswer(body: unknown, secrets: readonly string[]): UpstreamResult {
  const parsed = answerBody.safeParse(body);
  if (!parsed.success) throw new TaskError(unreadableFailure('not the JSON of an answer'));
  const { candidates = [], promptFeedback } = parsed.data;
  const usage = readUsage(parsed.data.usageMetadata);
  const parts = candidates
    .flatMap((each) => each.content?.parts ?? [])
    .filter((each) => each.thought !== true);
  const words = parts.map((each) => each.text ?? '').join('');

  const encoded = parts.map((each) => each.inlineData?.data).filter((data) => data !== undefined);
  const pictures = encoded.map(decode).filter((bytes) => bytes !== undefined);
  if (encoded.length === 0) {
    const finishReasons = candidates
      .map((each) => each.finishReason)
      .filter((reason) => reason !== undefined);
    const blockReason = promptFeedback?.blockReason;
    throw new TaskError(endingFailure({ blockReason, finishReasons, words }, secrets), { usage });
  }
  if (pictures.length === 0) throw new TaskError(unreadableFailure('malformed base64'), { usage });

  const warnings = [];
  const damaged = encoded.length - pictures.length;
  if (damaged > 0) warnings.push(`Of ${encoded.length} pictures, ${damaged} came damaged and were left out.`);
  if (words.length > longestDescription) warnings.push('The description was too long and was cut.');
  return {
    pictures,
    description: words.slice(0, longestDescription).toWellFormed(),
    warnings,
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
  const counts = {
    input_tokens: promptTokenCount,
    input_image_tokens: imageTokens(counted.promptTokensDetails),
    output_tokens: output.length === 0 ? undefined : output.reduce((sum, each) => sum + each, 0),
    output_image_tokens: imageTokens(counted.candidatesTokensDetails),
    total_tokens: totalTokenCount,
  };
  const usage: Usage = {};
  for (const [name, tokens] of Object.entries(counts)) if (tokens !== undefined) usage[name] = tokens;
  return Object.keys(usage).length === 0 ? undefined : usage;
}

function imageTokens(breakdown: z.infer<typeof details>): number | undefined {
  const pictures = (breakdown ?? []).filter(({ modality }) => modality === 'IMAGE');
  return pictures.length === 0 ? undefined : pictures.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
}
