// From what an upstream counted to money. All sums are whole micro-dollars (millionths of a US dollar), in which a price
// of one dollar for a million tokens is one for each token.

import type { ImageSize } from '../tasks/task.ts';
import type { Usage } from '../upstreams/usage.ts';

/** Price of one model of one kind of upstream, in US dollars. Members left out cost what stands beside them, or nothing is known. */
export interface Price {
  /** For a million input tokens. */
  input?: number | undefined;
  /** For a million input tokens that are pictures; without it, as `input`. */
  input_image?: number | undefined;
  /** For a million output tokens that are text or thoughts. */
  output?: number | undefined;
  /** For a million output tokens that are pictures. */
  output_image?: number | undefined;
  /** For one picture: of any size, or by size. Used where no tokens were counted. */
  picture?: number | Partial<Record<ImageSize, number>> | undefined;
}

/** Cost of a call; `null` where that can't be known. `usage` goes before the price for each picture. */
export function costMicroUsd(
  price: Price | undefined,
  { usage, pictures, imageSize }: { usage: Usage | undefined; pictures: number; imageSize: ImageSize },
): number | null {
  if (price === undefined) return null;
  const byTokens = usage === undefined ? null : tokenCost(price, usage);
  if (byTokens !== null) return Math.ceil(byTokens);
  const each = typeof price.picture === 'number' ? price.picture : price.picture?.[imageSize];
  return each === undefined || pictures === 0 ? null : Math.ceil(pictures * toMicro(each));
}

function tokenCost(price: Price, usage: Usage): number | null {
  const { input_tokens: input = 0, output_tokens: output = 0 } = usage;
  if (input + output === 0) return null;
  const inputImages = Math.min(input, usage['input_image_tokens'] ?? 0);
  const outputImages = Math.min(output, usage['output_image_tokens'] ?? 0);
  const parts: [number, number | undefined][] = [
    [input - inputImages, price.input],
    [inputImages, price.input_image ?? price.input],
    [output - outputImages, price.output ?? price.output_image],
    [outputImages, price.output_image],
  ];
  let sum = 0;
  for (const [tokens, rate] of parts) {
    if (tokens === 0) continue;
    // A kind of token without a price makes the whole sum a guess.
    if (rate === undefined) return null;
    sum += tokens * rate;
  }
  return sum;
}

/** Prices have few decimals, and floating point more: 0.0336 dollars are 33,600, not 33,599.999. */
function toMicro(dollars: number): number {
  return Math.round(dollars * 1e9) / 1e3;
}
