// Prices of the models that Plantain has routes for, in US dollars. The settings' `prices` override them. The kind nano-banana has
// none, because the operator chooses the vendor behind that API.

import type { Price } from './pricing.ts';

/** Price of gpt-image-2 to 2.6, which are equal by OpenAI's pages of the models. Every output token counts as a picture's. */
const gptImage: Price = { input: 5, input_image: 8, output_image: 30 };
const gptImage15: Price = { input: 5, input_image: 8, output: 10, output_image: 32 };

/**
 * Prices by kind of upstream and its model, as `kind/model`. Sources:
 * gemini: https://ai.google.dev/gemini-api/docs/pricing, as read by others on 2026-10-07.
 * openai: https://developers.openai.com/api/docs/pricing, as read by others on 2026-09-09; gpt-image-1-mini: the model's own
 * page, read on 2026-11-29; 1.5 and chatgpt-image-latest: their prices since 2025-12; 2.6: the page of sunburst, a reseller's for flare.
 * fal: the pricing section of https://fal.ai/models/{model}/llms.txt, as read by others up to 2026-10-07. fal bills 2.1 and
 * the Lite model by tokens that its answers do not count; the figures are fal's examples for a short prompt without inputs.
 * replicate: https://replicate.com/{model}#pricing, as read by others in 2026.
 */
export const shippedPrices: Readonly<Record<string, Price>> = {
  'gemini/gemini-nano-banana-2.1': {
    input: 1.5,
    output: 7.5,
    output_image: 30,
    picture: { '1K': 0.0336, '2K': 0.0504, '4K': 0.113 },
  },
  'gemini/gemini-3.1-flash-lite-image': { input: 0.25, output: 1.5, output_image: 30, picture: 0.0336 },
  'gemini/gemini-3.1-flash-image': {
    input: 0.5,
    output: 3,
    output_image: 60,
    picture: { '512': 0.045, '1K': 0.067, '2K': 0.101, '4K': 0.151 },
  },
  'gemini/gemini-3-pro-image': {
    input: 2,
    output: 12,
    output_image: 120,
    picture: { '1K': 0.134, '2K': 0.134, '4K': 0.24 },
  },
  'gemini/gemini-2.5-flash-image': { input: 0.3, output: 2.5, output_image: 30, picture: 0.039 },

  'openai/gpt-image-2': gptImage,
  'openai/gpt-image-2-2026-04-21': gptImage,
  'openai/gpt-image-2.5-flare': gptImage,
  'openai/gpt-image-2.5-flare-2026-09-08': gptImage,
  'openai/gpt-image-2.5-sunburst': gptImage,
  'openai/gpt-image-2.5-sunburst-2026-09-08': gptImage,
  'openai/gpt-image-2.6-flare': gptImage,
  'openai/gpt-image-2.6-sunburst': gptImage,
  'openai/gpt-image-1.5': gptImage15,
  'openai/gpt-image-1.5-2025-12-16': gptImage15,
  'openai/chatgpt-image-latest': gptImage15,
  'openai/gpt-image-1-mini': { input: 2, input_image: 2.5, output_image: 8 },

  'fal/fal-ai/nano-banana': { picture: 0.0398 },
  'fal/fal-ai/nano-banana-2': { picture: { '512': 0.06, '1K': 0.08, '2K': 0.12, '4K': 0.16 } },
  'fal/fal-ai/nano-banana-pro': { picture: { '1K': 0.15, '2K': 0.15, '4K': 0.3 } },
  'fal/google/nano-banana-2-lite': { picture: 0.042 },
  'fal/google/nano-banana-2.1': { picture: { '1K': 0.04, '2K': 0.059, '4K': 0.134 } },

  'replicate/google/nano-banana': { picture: 0.039 },
  'replicate/google/nano-banana-2': { picture: { '1K': 0.067, '2K': 0.101, '4K': 0.151 } },
  'replicate/google/nano-banana-2-lite': { picture: 0.034 },
  'replicate/google/nano-banana-pro': { picture: { '1K': 0.15, '2K': 0.15, '4K': 0.3 } },
};

/** Finds the price of a model; `undefined` where none is known. The sandbox is free. */
export function shippedPriceOf(kind: string, model: string): Price | undefined {
  return kind === 'sandbox' ? { picture: 0 } : shippedPrices[`${kind}/${model}`];
}
