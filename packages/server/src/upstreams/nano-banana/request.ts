// Builds the two submits of the task API. What would only repeat a default is left out: servers differ in
// what they take for the word `auto` on an edit, and some refuse a size for a model that has one only.

import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { dataUriOf } from '../results/inline-picture.ts';
import { capabilitiesOf } from './models.ts';

/** The path of the submit, below `/api/gemini`, and its JSON. What makes an edit is its pictures. */
export function buildRequest(request: UpstreamRequest): { path: string; json: unknown } {
  const { model, prompt, inputs, aspectRatio, imageSize, seed } = request;
  const isEdit = inputs.length > 0;
  return {
    path: isEdit ? 'nano-banana-edit' : 'nano-banana',
    json: {
      model,
      prompt,
      ...(aspectRatio === 'auto' ? {} : { aspect_ratio: aspectRatio }),
      ...(capabilitiesOf(model).sizes.length === 1 ? {} : { image_size: imageSize }),
      ...(seed === undefined ? {} : { seed }),
      ...(isEdit ? { image_urls: inputs.map(dataUriOf) } : {}),
    },
  };
}
