// Builds the two submits and the addresses of the task API. What would only repeat a default is left out: servers differ in
// what they take for the word `auto` on an edit, and some refuse a size for a model that has one only.

import type { Picture, UpstreamRequest } from '../../core/upstream.ts';
import { capabilitiesOf } from './models.ts';

/** Where something is below the base URL, whose path and query are kept. Throws `TypeError` when that is no URL. */
export function endpoint(baseUrl: string, ...segments: string[]): URL {
  const url = new URL(baseUrl);
  const below = segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/gemini${below}`;
  return url;
}

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
      ...(isEdit ? { image_urls: inputs.map(dataUri) } : {}),
    },
  };
}

/** Of any type that this server takes in, a Plantain being the one that reads it: it converts what its own upstream does not take. */
function dataUri({ bytes, contentType }: Picture): string {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  return `data:${contentType};base64,${base64}`;
}
