// Inputs and prices of fal's Nano Banana models. An edit is the same model at the path `/edit`, at the same price.
// Facts as of 2026-11-23: the inputs from @fal-ai/client 1.10.1 (types/endpoints.d.ts), and for `google/...`, which that
// does not list yet, from fal.ai/models/google/nano-banana-2.1/llms.txt as public notes quote it. fal names no largest number
// of inputs; those are Google's (ai.google.dev/gemini-api/docs/image-generation) and for the first model 10. Nor does it name
// a largest input (fal.ai/docs/documentation/model-apis/fal-cdn).

import type { Capabilities } from '../../core/models/capabilities.ts';

export interface FalModel {
  capabilities: Capabilities;
  /** Whether it takes `resolution`; the others answer in their one size. */
  resolution: boolean;
  /** Whether `aspect_ratio` may be `auto` without an input picture; with one it always may. */
  autoInText: boolean;
}

const tenRatios = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
const fourteenRatios = [...tenRatios, '1:4', '4:1', '1:8', '8:1'];

const models: Readonly<Record<string, FalModel>> = {
  'fal-ai/nano-banana': {
    capabilities: { ratios: tenRatios, sizes: ['1K'], maxInputs: 10, seed: true },
    resolution: false,
    autoInText: false,
  },
  'fal-ai/nano-banana-2': {
    capabilities: { ratios: fourteenRatios, sizes: ['512', '1K', '2K', '4K'], maxInputs: 14, seed: true },
    resolution: true,
    autoInText: true,
  },
  'fal-ai/nano-banana-pro': {
    capabilities: { ratios: tenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14, seed: true },
    resolution: true,
    autoInText: true,
  },
  'google/nano-banana-2.1': {
    capabilities: { ratios: fourteenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14, seed: true },
    resolution: true,
    autoInText: true,
  },
  'google/nano-banana-2-lite': {
    capabilities: { ratios: fourteenRatios, sizes: ['1K'], maxInputs: 14, seed: true },
    resolution: false,
    autoInText: false,
  },
};

/** Capabilities that every model so far has. */
const unknownModel: FalModel = {
  capabilities: { ratios: tenRatios, sizes: ['1K'], maxInputs: 4, seed: false },
  resolution: false,
  autoInText: false,
};

/** `endpoint` with or without the `/edit`; what no table knows is taken for the plainest of the family. */
export function falModel(endpoint: string): FalModel {
  const name = withoutEdit(endpoint);
  return Object.hasOwn(models, name) ? (models[name] ?? unknownModel) : unknownModel;
}

export function withoutEdit(endpoint: string): string {
  return endpoint.replace(/\/edit$/, '');
}
