// Reads the tokens that Gemini counted.

import { z } from 'zod';
import type { Usage } from '../../core/upstreams/usage.ts';
import { tokenCount, usageOf } from '../token-counts.ts';

const details = z
  .array(z.object({ modality: z.string(), tokenCount }))
  .optional()
  .catch(undefined);
type Details = z.infer<typeof details>;
const usageMetadata = z.object({
  promptTokenCount: tokenCount,
  promptTokensDetails: details,
  candidatesTokenCount: tokenCount,
  candidatesTokensDetails: details,
  thoughtsTokenCount: tokenCount,
  totalTokenCount: tokenCount,
});

/**
 * `undefined` when nothing was counted. A count that Gemini left out stays out, but for that of pictures: where some came, they are
 * what is not counted as something else, since pictures cost more than words, and nearly all of an answer's tokens are theirs.
 */
export function readUsage(counted: unknown, { hasPictures }: { hasPictures: boolean }): Usage | undefined {
  const { data } = usageMetadata.safeParse(counted);
  if (data === undefined) return undefined;
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount } = data;
  const output = [candidatesTokenCount, thoughtsTokenCount].filter((each) => each !== undefined);
  return usageOf({
    input_tokens: promptTokenCount,
    input_image_tokens: tokensOf(data.promptTokensDetails, isImage),
    output_tokens: output.length === 0 ? undefined : sum(output),
    output_image_tokens:
      tokensOf(data.candidatesTokensDetails, isImage) ??
      (hasPictures ? uncounted(candidatesTokenCount, data.candidatesTokensDetails) : undefined),
    total_tokens: totalTokenCount,
  });
}

function isImage(modality: string): boolean {
  return modality.toUpperCase() === 'IMAGE';
}

function tokensOf(breakdown: Details, fits: (modality: string) => boolean): number | undefined {
  const counts = (breakdown ?? [])
    .filter(({ modality }) => fits(modality))
    .map((each) => each.tokenCount)
    .filter((each) => each !== undefined);
  return counts.length === 0 ? undefined : sum(counts);
}

/** Tokens that the breakdown leaves of the whole. */
function uncounted(whole: number | undefined, breakdown: Details): number | undefined {
  if (whole === undefined) return undefined;
  return Math.max(0, whole - (tokensOf(breakdown, () => true) ?? 0));
}

const sum = (counts: readonly number[]) => counts.reduce((total, each) => total + each, 0);
