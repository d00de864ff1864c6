// Capabilities of Gemini's picture models. Facts as of 2026-11-22: ai.google.dev/gemini-api/docs/image-generation,
// .../docs/models, .../docs/file-input-methods and .../docs/changelog; for the oldest cloud.google.com/vertex-ai/generative-ai/docs/models/gemini/2-5-flash-image.

import type { Capabilities } from '../../core/models/capabilities.ts';
import { fourteenRatios, tenRatios } from '../../core/models/models.ts';

/** A request has 100 MB at most, since January 2026. Base64 makes 96 MB of these, which leaves 4 to the prompt. */
const inputLimits = { maxTotalBytes: 72_000_000 };

type OwnCapabilities = Omit<Capabilities, 'seed' | 'inputLimits'>;

/** A seed is taken by every model, though none promises the same picture again. */
const models: ReadonlyMap<string, OwnCapabilities> = new Map([
  ['gemini-nano-banana-2.1', { ratios: fourteenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14 }],
  ['gemini-3.1-flash-image', { ratios: fourteenRatios, sizes: ['512', '1K', '2K', '4K'], maxInputs: 14 }],
  ['gemini-3-pro-image', { ratios: tenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14 }],
  ['gemini-3.1-flash-lite-image', { ratios: tenRatios, sizes: ['1K'], maxInputs: 14 }],
  ['gemini-2.5-flash-image', { ratios: tenRatios, sizes: ['1K'], maxInputs: 3 }],
]);

/** For models that are not known yet: what all models that came with Gemini 3 and later have in common, but for the Lite one. */
const otherModels: OwnCapabilities = {
  ratios: tenRatios,
  sizes: ['1K', '2K', '4K'],
  maxInputs: 14,
};

export function capabilitiesOf(model: string): Capabilities {
  return { ...(models.get(model) ?? otherModels), inputLimits, seed: true };
}

/** Whether a model answers 400 when it is told a size, even its own. */
export function takesNoSize(model: string): boolean {
  return capabilitiesOf(model).sizes.length === 1;
}
