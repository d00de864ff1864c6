// Builds what is sent to Replicate: the address of a model or of a version of one, and the model's input.

import { TaskError } from '../../core/errors.ts';
import type { Picture, UpstreamRequest } from '../../core/upstream.ts';
import { replicateModel } from './models.ts';

export const defaultBaseUrl = 'https://api.replicate.com/v1';

/**
 * A picture of more bytes than this is uploaded, a smaller one goes inside the request: Replicate wants data URIs
 * below 1 MB (replicate.com/docs/topics/predictions/input-files), and its own client no more than 10 MB of them together,
 * which fourteen of these are below.
 */
export const largestInline = 700_000;

/** `owner/name`, or `owner/name:version`. */
const modelForm = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?::([\w-]+))?$/;

/** The base URL, whose own path is kept, with a path of the API behind it. */
export function apiUrl(baseUrl: string, path: string): URL {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}

/**
 * Where a prediction with a model is made, and what names the version in its body. Throws `TaskError`
 * (`upstream_bad_request`) for what can't be the name of a model at Replicate.
 */
export function predictionsOf(model: string): { path: string; version?: { version: string } } {
  const [, name, version] = modelForm.exec(model) ?? [];
  if (name === undefined) throw new TaskError(noModel());
  return version === undefined
    ? { path: `models/${name}/predictions` }
    : { path: 'predictions', version: { version } };
}

/** The input of the model; `links` are the input pictures, as data URIs or as what an upload gave. */
export function buildInput(request: UpstreamRequest, links: string[]): Record<string, unknown> {
  const { prompt, aspectRatio, imageSize } = request;
  return {
    prompt,
    output_format: 'png',
    // Left out, it matches the input picture.
    ...(aspectRatio === 'auto' ? {} : { aspect_ratio: aspectRatio }),
    ...(replicateModel(request.model).resolution ? { resolution: imageSize } : {}),
    ...(links.length === 0 ? {} : { image_input: links }),
  };
}

export function dataUri({ bytes, contentType }: Picture): string {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  return `data:${contentType};base64,${base64}`;
}

function noModel() {
  return {
    type: 'upstream_bad_request',
    message:
      'The name of the model is none that Replicate could have: it takes owner/name or owner/name:version. The operator should correct the routes.',
    retryable: false,
    upstreamReason: 'malformed model name',
    modelUnknown: true,
  } as const;
}
