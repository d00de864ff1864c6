// Builds what is sent to fal's queue: the address of a model and the model's own input, which is the whole body.

import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { malformedName } from '../endpoint.ts';
import { dataUriOf } from '../results/inline-picture.ts';
import { takesResolution, withoutEdit } from './models.ts';

export const defaultBaseUrl = 'https://queue.fal.run';

/** `owner/alias`, and any path behind it. */
const endpointForm = /^[\w-][\w.-]*\/[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/**
 * Where a request goes: the model, with `/edit` when there are input pictures. Throws `TaskError` (`upstream_bad_request`)
 * for what can't be the name of a model at fal.
 */
export function endpointOf({ model, inputs }: Pick<UpstreamRequest, 'model' | 'inputs'>): string {
  if (!endpointForm.test(model))
    throw malformedName('The name of the model is none that fal could have: it takes owner/name.');
  const endpoint = withoutEdit(model);
  return inputs.length === 0 ? endpoint : `${endpoint}/edit`;
}

/** App by which fal's queue knows an operation: the path behind `owner/alias` is not part of its address. */
export function appOf(endpoint: string): string {
  return endpoint.split('/', 2).join('/');
}

/** The input of the model. Pictures go inside it, as fal can't be given a link into this server. */
export function buildInput(request: UpstreamRequest): Record<string, unknown> {
  const { prompt, inputs, aspectRatio, imageSize, seed, count = 1 } = request;
  const isSized = takesResolution(request.model);
  const takesRatio = aspectRatio !== 'auto' || isSized || inputs.length > 0;
  return {
    prompt,
    num_images: count,
    output_format: 'png',
    ...(takesRatio ? { aspect_ratio: aspectRatio } : {}),
    ...(isSized ? { resolution: imageSize === '512' ? '0.5K' : imageSize } : {}),
    ...(seed === undefined ? {} : { seed }),
    ...(inputs.length === 0 ? {} : { image_urls: inputs.map(dataUriOf) }),
  };
}
