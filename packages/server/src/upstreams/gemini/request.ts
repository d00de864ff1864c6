// Builds what is sent to Gemini. Facts as of 2026-11-22: ai.google.dev/gemini-api/docs/image-generation.

import type { UpstreamRequest } from '../../core/upstream.ts';
import { endpoint } from '../endpoint.ts';
import { base64Of } from '../inline-picture.ts';
import { takesNoSize } from './models.ts';

export const defaultBaseUrl = 'https://generativelanguage.googleapis.com';

/** Where a model's generateContent is. */
export function modelUrl(baseUrl: string, model: string): URL {
  const url = below(baseUrl, 'models', model);
  url.pathname += ':generateContent';
  return url;
}

/** A list of one model: the cheapest that needs a key. Source: ai.google.dev/api/models. */
export function checkUrl(baseUrl: string): URL {
  const url = below(baseUrl, 'models');
  url.searchParams.set('pageSize', '1');
  return url;
}

/** An API version at the end of a path, and behind it perhaps what Vertex AI has before its models. */
const versioned =
  /\/v\d{1,2}(?:(?:alpha|beta)\d{0,2})?(?:(?:\/projects\/[^/]+\/locations\/[^/]+)?(\/publishers\/[^/]+))?\/*$/;

/** The base URL may have a path; an API version at its end is kept instead of adding `/v1beta`. */
function below(baseUrl: string, ...segments: string[]): URL {
  const hasVersion = versioned.test(new URL(baseUrl).pathname);
  return endpoint(baseUrl, ...(hasVersion ? [] : ['v1beta']), ...segments);
}

/** The JSON to send. */
export function buildRequest({
  model,
  prompt,
  inputs,
  aspectRatio,
  imageSize,
  seed,
}: UpstreamRequest): unknown {
  const imageConfig = {
    ...(aspectRatio === 'auto' ? {} : { aspectRatio }),
    ...(takesNoSize(model) ? {} : { imageSize }),
  };
  const pictures = inputs.map((input) => ({
    inlineData: { mimeType: input.contentType, data: base64Of(input) },
  }));
  return {
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
}
