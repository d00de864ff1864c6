// Capabilities of the models of the task API, by every name that they go by. Facts as of 2026-11-23: Google's model
// pages (ai.google.dev/gemini-api/docs/models); the sizes are those that the API has words for, so there is no 512 among them.

import type { Capabilities } from '../../core/models/capabilities.ts';
import { fourteenRatios, tenRatios } from '../../core/models/models.ts';

const threeSizes = ['1K', '2K', '4K'] as const;
const mebibyte = 2 ** 20;
/**
 * Inputs that a Plantain takes by the defaults of its settings. It alone takes pictures as they are sent here: in a body of
 * 64 MiB, where base64 makes four bytes of three, with room for the prompt.
 */
const inputs = {
  maxInputs: 14,
  inputLimits: { maxBytes: 30 * mebibyte, maxTotalBytes: 45 * mebibyte },
};

const banana: Capabilities = { ratios: tenRatios, sizes: ['1K'], ...inputs, seed: true };
const pro: Capabilities = { ...banana, sizes: threeSizes };
const second: Capabilities = { ...pro, ratios: fourteenRatios };

const models: ReadonlyMap<string, Capabilities> = new Map([
  ['nano-banana', banana],
  ['gemini-2.5-flash-image', banana],
  ['gemini-2.5-flash-image-preview', banana],
  ['nano-banana-2-lite', banana],
  ['gemini-3.1-flash-lite-image', banana],
  ['gemini-3.1-flash-lite-image-preview', banana],
  ['nano-banana-2', second],
  ['gemini-3.1-flash-image', second],
  ['gemini-3.1-flash-image-preview', second],
  ['nano-banana-2.1', second],
  ['gemini-nano-banana-2.1', second],
  ['nano-banana-pro', pro],
  ['gemini-3-pro-image', pro],
  ['gemini-3-pro-image-preview', pro],
  ['gemini-2.5-pro-image-preview', pro],
]);

/** The server knows its own models best: whatever is asked of an unknown one is passed on, and it warns or refuses. */
const otherModels: Capabilities = { ...pro, ratios: 'any' };

export function capabilitiesOf(model: string): Capabilities {
  return models.get(model.toLowerCase()) ?? otherModels;
}
