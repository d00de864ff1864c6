// Builds what is sent to Replicate: the address of a model or of a version of one, and the model's input.

import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { malformedName } from '../endpoint.ts';
import type { Base64Text } from '../answers/json-body.ts';
import { takesResolution } from './models.ts';

export const defaultBaseUrl = 'https://api.replicate.com/v1';

/**
 * A picture of more bytes than this is uploaded, a smaller one goes inside the request: Replicate wants data URIs
 * below 1 MB (replicate.com/docs/topics/predictions/input-files), and its own client no more than 10 MB of them together,
 * which fourteen of these are below.
 */
export const largestInline = 700_000;

/** `owner/name`, or `owner/name:version`. */
const modelForm = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?::([\w-]+))?$/;

/**
 * Where a prediction with a model is made, and what names the version in its body. Throws `TaskError`
 * (`upstream_bad_request`) for what can't be the name of a model at Replicate.
 */
export function predictionsOf(model: string): {
  path: string[];
  version?: { version: string };
} {
  const [, name, version] = modelForm.exec(model) ?? [];
  if (name === undefined)
    throw malformedName(
      'The name of the model is none that Replicate could have: it takes owner/name or owner/name:version.',
    );
  return version === undefined
    ? { path: ['models', ...name.split('/'), 'predictions'] }
    : { path: ['predictions'], version: { version } };
}

/** The input of the model; `links` are the input pictures, as data URIs or as what an upload gave. */
export function buildInput(
  request: UpstreamRequest,
  links: (string | Base64Text)[],
): Record<string, unknown> {
  const { prompt, aspectRatio, imageSize } = request;
  return {
    prompt,
    output_format: 'png',
    // Left out, it matches the input picture.
    ...(aspectRatio === 'auto' ? {} : { aspect_ratio: aspectRatio }),
    ...(takesResolution(request.model) ? { resolution: imageSize } : {}),
    ...(links.length === 0 ? {} : { image_input: links }),
  };
}
