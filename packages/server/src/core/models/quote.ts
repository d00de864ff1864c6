// Quotes: the price of a task as it is known at its submit.

import type { AgreedPrice } from '../ledger/money.ts';
import type { ImageSize } from '../tasks/task.ts';
import { type Price, toMicro } from './pricing.ts';

/** Request for one picture, as far as its price depends on it. */
export interface QuotedRequest {
  /** Canonical model name. */
  model: string;
  imageSize: ImageSize;
  inputs: number;
  /** In characters. */
  promptLength: number;
  /** Partial images of the picture; default: none. */
  partialImages?: number | undefined;
  /** Pictures of the task, of which this is one; default: 1. */
  count?: number | undefined;
}

export type Quote = (request: QuotedRequest) => AgreedPrice;

/** Target of a route, as far as a quote depends on it. */
export interface PricedTarget {
  /** `undefined` where it is not known. */
  price: Price | undefined;
  /** Whether it gives partial images for a task for several pictures. */
  streamsSeveral: boolean;
}

export interface PriceList {
  /** Selling price of a picture, in US dollars. */
  sellingPriceOf(model: string, size: ImageSize): number | undefined;
  /** Targets of the model's routes. */
  targetsOf(model: string): readonly PricedTarget[];
}

/**
 * Makes the function that quotes a picture: its selling price, else the highest price at the targets of the model's routes. A price in
 * tokens alone is none, as nobody knows beforehand how many a picture takes.
 */
export function createQuote({ sellingPriceOf, targetsOf }: PriceList): Quote {
  return (request) => {
    const selling = sellingPriceOf(request.model, request.imageSize);
    if (selling !== undefined) {
      const price = Math.ceil(toMicro(selling));
      return { estimatedMicroUsd: price, unitMicroUsd: price };
    }
    const estimates = targetsOf(request.model).flatMap((target) => estimateOf(target, request) ?? []);
    return { estimatedMicroUsd: estimates.length === 0 ? null : Math.max(...estimates), unitMicroUsd: null };
  };
}

/**
 * Tokens of an input picture, for an estimate: 1,120 are most that Google's pages state for one
 * (https://ai.google.dev/gemini-api/docs/pricing).
 */
const tokensOfInput = 1_120;
/** "Each partial image will incur an additional 100 image output tokens" (developers.openai.com/api/docs/guides/image-generation). */
const tokensOfPartialImage = 100;
/** Characters of a token, for an estimate. In most languages it is more. */
const charactersOfToken = 2;

function estimateOf(
  { price, streamsSeveral }: PricedTarget,
  { imageSize, inputs, promptLength, partialImages = 0, count = 1 }: QuotedRequest,
): number | null {
  const each = typeof price?.picture === 'number' ? price.picture : price?.picture?.[imageSize];
  if (price === undefined || each === undefined) return null;
  const { input = 0, input_image: inputImage = input, output_image: outputImage = 0 } = price;
  const streamed = count === 1 || streamsSeveral ? partialImages : 0;
  const tokens =
    input * Math.ceil(promptLength / charactersOfToken) +
    inputImage * tokensOfInput * inputs +
    outputImage * tokensOfPartialImage * streamed;
  return Math.ceil(toMicro(each) + tokens);
}
