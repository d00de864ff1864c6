// Inputs and prices of Replicate's Nano Banana models. None of them takes a seed.
// Facts as of 2026-11-23, from replicate.com/google/{model} (inputs and prices) as public notes of 2026-09-24 and 2026-10-06
// quote it. google/nano-banana-2.1 stands in one public catalogue, marked there as unverified; it is taken for the
// successor of -2 with the same inputs. The first model says "multiple" inputs; 10 is what its users report. The most bytes are
// those of a file: replicate.com/docs/topics/predictions/input-files.

import type { Capabilities } from '../../core/models/capabilities.ts';
import { fourteenRatios, tenRatios } from '../../core/models/models.ts';

const shared = { inputLimits: { maxBytes: 100_000_000 }, seed: false };

const models: ReadonlyMap<string, Capabilities> = new Map([
  ['google/nano-banana', { ...shared, ratios: tenRatios, sizes: ['1K'], maxInputs: 10 }],
  ['google/nano-banana-2', { ...shared, ratios: fourteenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14 }],
  ['google/nano-banana-2-lite', { ...shared, ratios: fourteenRatios, sizes: ['1K'], maxInputs: 14 }],
  ['google/nano-banana-pro', { ...shared, ratios: tenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14 }],
  ['google/nano-banana-2.1', { ...shared, ratios: fourteenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14 }],
]);

const otherModels: Capabilities = { ...shared, ratios: tenRatios, sizes: ['1K'], maxInputs: 4 };

/** `model` with or without a version; what no table knows is taken for the plainest of the family. */
export function capabilitiesOf(model: string): Capabilities {
  const [name = model] = model.split(':', 1);
  return models.get(name) ?? otherModels;
}

/** Whether a model takes `resolution`; the others answer in their one size. */
export function takesResolution(model: string): boolean {
  return capabilitiesOf(model).sizes.length > 1;
}
