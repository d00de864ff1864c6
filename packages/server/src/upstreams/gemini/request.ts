// Builds what is sent to generateContent. Facts as of 2026-11-22: ai.google.dev/gemini-api/docs/image-generation.

import { TaskError } from '../../core/errors.ts';
import type { UpstreamRequest } from '../../core/upstream.ts';

export const defaultBaseUrl = 'https://generativelanguage.googleapis.com';

/** Google's limit for a request with inline pictures, since January 2026. */
const maxRequestBytes = 100_000_000;

/** Models that make one size only and answer 400 when a size is named. */
const oneSizeModels: ReadonlySet<string> = new Set(['gemini-2.5-flash-image', 'gemini-3.1-flash-lite-image']);

/**
 * Where a model's generateContent is. The base URL may have a path; an API version at its end is kept instead of
 * adding `/v1beta`.
 */
export function modelUrl(baseUrl: string, model: string): URL {
  const url = new URL(baseUrl);
  const base = url.pathname.replace(/\/+$/, '');
  const version = /\/v1(alpha|beta)?$/.test(base) ? '' : '/v1beta';
  url.pathname = `${base}${version}/models/${encodeURIComponent(model)}:generateContent`;
  return url;
}

/**
 * The JSON to send, and a sentence for everything that was asked for and is not in it.
 * Throws `TaskError` (`upstream_bad_request`) when the pictures are more than Gemini takes.
 */
export function buildRequest(request: UpstreamRequest): { json: unknown; warnings: string[] } {
  const { prompt, inputs, seed } = request;
  const inputBytes = inputs.reduce((sum, input) => sum + Math.ceil(input.bytes.length / 3) * 4, 0);
  if (inputBytes > maxRequestBytes) throw new TaskError(tooManyBytes());

  const imageConfig: Record<string, string> = {};
  const warnings = [];
  if (request.aspectRatio !== 'auto') imageConfig['aspectRatio'] = request.aspectRatio;
  if (!oneSizeModels.has(request.model)) imageConfig['imageSize'] = request.imageSize;
  else if (request.imageSize !== '1K')
    warnings.push(`The model makes 1K pictures only; the size ${request.imageSize} was not asked for.`);

  const pictures = inputs.map(({ bytes, contentType }) => ({
    inlineData: {
      mimeType: contentType,
      data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
    },
  }));
  const json = {
    contents: [{ role: 'user', parts: [{ text: prompt }, ...pictures] }],
    generationConfig: {
      // Left out, some models answer with text alone.
      responseModalities: ['TEXT', 'IMAGE'],
      ...(Object.keys(imageConfig).length === 0 ? {} : { imageConfig }),
      ...(seed === undefined ? {} : { seed }),
    },
    // Paid projects made since 2026-10-26 keep requests at Google unless told not to.
    store: false,
  };
  return { json, warnings };
}

function tooManyBytes() {
  return {
    type: 'upstream_bad_request',
    message: `The pictures together are over the ${maxRequestBytes / 1_000_000} MB that Gemini takes in one request, so nothing was sent. Use fewer or smaller pictures.`,
    retryable: false,
    upstreamReason: 'request too large',
  } as const;
}
