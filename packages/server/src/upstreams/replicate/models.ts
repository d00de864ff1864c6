// Inputs and prices of Replicate's Nano Banana models. None of them takes a seed.
// Facts as of 2026-11-23, from replicate.com/google/{model} (inputs and prices) as public notes of 2026-09-24 and 2026-10-06
// quote it. google/nano-banana-2.1 stands in one public catalogue, marked there as unverified; it is taken for the
// successor of -2 with the same inputs. The first model says "multiple" inputs; 10 is what its users report. The most bytes are
// those of a file: replicate.com/docs/topics/predictions/input-files.

import type { Capabilities } from '../../core/models/capabilities.ts';

export interface ReplicateModel {
  capabilities: Capabilities;
  /** Whether it takes `resolution`; the others answer in their one size. */
  resolution: boolean;
}

const tenRatios = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
const fourteenRatios = [...tenRatios, '1:4', '4:1', '1:8', '8:1'];

const inputLimits = { maxBytes: 100_000_000 };

const models: Readonly<Record<string, ReplicateModel>> = {
  'google/nano-banana': {
    capabilities: { ratios: tenRatios, sizes: ['1K'], maxInputs: 10, inputLimits, seed: false },
    resolution: false,
  },
  'google/nano-banana-2': {
    capabilities: {
      ratios: fourteenRatios,
      sizes: ['1K', '2K', '4K'],
      maxInputs: 14,
      inputLimits,
      seed: false,
    },
    resolution: true,
  },
  'google/nano-banana-2-lite': {
    capabilities: { ratios: fourteenRatios, sizes: ['1K'], maxInputs: 14, inputLimits, seed: false },
    resolution: false,
  },
  'google/nano-banana-pro': {
    capabilities: { ratios: tenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14, inputLimits, seed: false },
    resolution: true,
  },
  'google/nano-banana-2.1': {
    capabilities: {
      ratios: fourteenRatios,
      sizes: ['1K', '2K', '4K'],
      maxInputs: 14,
      inputLimits,
      seed: false,
    },
    resolution: true,
  },
};

/** Capabilities that every model so far has. */
const unknownModel: ReplicateModel = {
  capabilities: { ratios: tenRatios, sizes: ['1K'], maxInputs: 4, inputLimits, seed: false },
  resolution: false,
};

/** `model` with or without a version; what no table knows is taken for the plainest of the family. */
export function replicateModel(model: string): ReplicateModel {
  const [name = model] = model.split(':', 1);
  return Object.hasOwn(models, name) ? (models[name] ?? unknownModel) : unknownModel;
}
