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
}

export type Quote = (request: QuotedRequest) => AgreedPrice;

export interface PriceList {
  /** Selling price of a picture, in US dollars. */
  sellingPriceOf(model: string, size: ImageSize): number | undefined;
  /** Prices at the targets of the model's routes; `undefined` for one that is not known. */
  pricesOf(model: string): readonly (Price | undefined)[];
}

/**
 * Makes the function that quotes a picture: its selling price, else the highest price at the targets of the model's routes. A price in
 * tokens alone is none, as nobody knows beforehand how many a picture takes.
 */
export function createQuote({ sellingPriceOf, pricesOf }: PriceList): Quote {
  return (request) => {
    const selling = sellingPriceOf(request.model, request.imageSize);
    if (selling !== undefined) {
      const price = Math.ceil(toMicro(selling));
      return { estimatedMicroUsd: price, unitMicroUsd: price };
    }
    const estimates = pricesOf(request.model).flatMap((price) => estimateOf(price, request) ?? []);
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
  price: Price | undefined,
  { imageSize, inputs, promptLength, partialImages = 0 }: QuotedRequest,
): number | null {
  const each = typeof price?.picture === 'number' ? price.picture : price?.picture?.[imageSize];
  if (price === undefined || each === undefined) return null;
  const { input = 0, input_image: inputImage = input, output_image: outputImage = 0 } = price;
  const tokens =
    input * Math.ceil(promptLength / charactersOfToken) +
    inputImage * tokensOfInput * inputs +
    outputImage * tokensOfPartialImage * partialImages;
  return Math.ceil(toMicro(each) + tokens);
}
