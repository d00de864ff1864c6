// Inputs and prices of fal's Nano Banana models. An edit is the same model at the path `/edit`, at the same price.
// Facts as of 2026-11-23: the inputs from @fal-ai/client 1.10.1 (types/endpoints.d.ts), and for `google/...`, which that
// does not list yet, from fal.ai/models/google/nano-banana-2.1/llms.txt as public notes quote it. fal names no largest number
// of inputs; those are Google's (ai.google.dev/gemini-api/docs/image-generation) and for the first model 10. Nor does it name
// a largest input (fal.ai/docs/documentation/model-apis/fal-cdn).

import type { Capabilities } from '../../core/models/capabilities.ts';
import { fourteenRatios, tenRatios } from '../../core/models/models.ts';

/** `num_images` of this family: 1 to 4, as public notes of fal's pages have it. */
const maxPictures = 4;

const models: ReadonlyMap<string, Capabilities> = new Map([
  ['fal-ai/nano-banana', { ratios: tenRatios, sizes: ['1K'], maxInputs: 10, seed: true, maxPictures }],
  [
    'fal-ai/nano-banana-2',
    { ratios: fourteenRatios, sizes: ['512', '1K', '2K', '4K'], maxInputs: 14, seed: true, maxPictures },
  ],
  [
    'fal-ai/nano-banana-pro',
    { ratios: tenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14, seed: true, maxPictures },
  ],
  [
    'google/nano-banana-2.1',
    { ratios: fourteenRatios, sizes: ['1K', '2K', '4K'], maxInputs: 14, seed: true, maxPictures },
  ],
  [
    'google/nano-banana-2-lite',
    { ratios: fourteenRatios, sizes: ['1K'], maxInputs: 14, seed: true, maxPictures },
  ],
]);

const otherModels: Capabilities = { ratios: tenRatios, sizes: ['1K'], maxInputs: 4, seed: false };

/** `endpoint` with or without the `/edit`; what no table knows is taken for the plainest of the family. */
export function capabilitiesOf(endpoint: string): Capabilities {
  return models.get(withoutEdit(endpoint)) ?? otherModels;
}

/** Whether a model takes `resolution`, and `auto` for its ratio without an input picture, with which all take it. */
export function takesResolution(endpoint: string): boolean {
  return capabilitiesOf(endpoint).sizes.length > 1;
}

export function withoutEdit(endpoint: string): string {
  return endpoint.replace(/\/edit$/, '');
}
