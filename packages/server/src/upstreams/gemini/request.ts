// Builds what is sent to Gemini. Facts as of 2026-11-22: ai.google.dev/gemini-api/docs/image-generation.

import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { endpoint } from '../endpoint.ts';
import { base64Of } from '../results/inline-picture.ts';
import { takesNoSize } from './models.ts';

export const defaultBaseUrl = 'https://generativelanguage.googleapis.com';

/** Where a model can be called. */
export function modelUrl(
  baseUrl: string,
  model: string,
  method: 'generateContent' | 'countTokens' = 'generateContent',
): URL {
  const url = below(baseUrl, 'models', model);
  url.pathname += `:${method}`;
  return url;
}

/** A list of one model: the cheapest that needs a key. Source: ai.google.dev/api/models. */
export function checkUrl(baseUrl: string): URL {
  const url = below(baseUrl, 'models');
  url.searchParams.set('pageSize', '1');
  return url;
}

/** An API version at the end of a path. */
const version = /\/v\d{1,2}(?:(?:alpha|beta)\d{0,2})?\/*$/;
/** Path before the models at Vertex AI, behind its version; the publisher may be left out. */
const project = /\/projects\/[^/]+\/locations\/[^/]+\/*$/;
const publisher = /\/publishers\/[^/]+\/*$/;

/** Whether the base URL is one of Vertex AI's, such as `https://aiplatform.googleapis.com/v1/publishers/google`. */
export function isVertex(baseUrl: string): boolean {
  const { hostname, pathname } = new URL(baseUrl);
  return (
    /(?:^|[.-])aiplatform\.googleapis\.com$/.test(hostname) ||
    project.test(pathname) ||
    publisher.test(pathname)
  );
}

/** The base URL may have a path; an API version at its end, and whatever leads to the models of Vertex AI, is kept as it is. */
function below(baseUrl: string, ...segments: string[]): URL {
  const { pathname } = new URL(baseUrl);
  if (publisher.test(pathname)) return endpoint(baseUrl, ...segments);
  const hasVersion = version.test(pathname) || project.test(pathname);
  if (isVertex(baseUrl))
    return endpoint(baseUrl, ...(hasVersion ? [] : ['v1']), 'publishers', 'google', ...segments);
  return endpoint(baseUrl, ...(hasVersion ? [] : ['v1beta']), ...segments);
}

/** Builds the JSON to send. */
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
