// Costs of calls, from the tokens that an upstream counted. All sums are whole micro-dollars (millionths of a US dollar), so a price
// of one dollar for a million tokens is one micro-dollar for each token.

import type { ImageSize } from '../tasks/task.ts';
import type { Usage } from '../upstreams/usage.ts';

/** Prices of one model at one kind of upstream, in US dollars. The cost is unknown where a price that it needs is left out. */
export interface Price {
  /** Price of a million input tokens. */
  input?: number | undefined;
  /** Price of a million input tokens that are pictures; default: `input`. */
  input_image?: number | undefined;
  /** Price of a million output tokens that are text or thoughts; default: `output_image`. */
  output?: number | undefined;
  /** Price of a million output tokens that are pictures. */
  output_image?: number | undefined;
  /** Price of one picture, of any size or by size. Used where no tokens were counted. */
  picture?: number | Partial<Record<ImageSize, number>> | undefined;
}

/** Cost of a call; `null` where it can't be known. Counted tokens take precedence over the price of a picture. */
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

/** Converts dollars to micro-dollars, without the noise of floating point: 0.0336 is 33,600, not 33,599.999. */
export function toMicro(dollars: number): number {
  return Math.round(dollars * 1e9) / 1e3;
}
