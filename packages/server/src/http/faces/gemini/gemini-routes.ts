// Calls of Gemini's face for pictures and models. Version 3 of Google's library calls /v1, those before it /v1beta; both are the same here.

import { keyOrQuery, tasksKeyOrQuery } from '../../access/access.ts';
import { reference } from '../../openapi/components.ts';
import { bodyOf, type JsonSchema } from '../../openapi/json-schema.ts';
import { inQuery } from '../../openapi/parameters.ts';
import { header, json } from '../../openapi/responses.ts';
import { bodyAsGiven, inPath, queryAsGiven, sent } from '../../route/forms.ts';
import type { PathMember } from '../../route/route.ts';
import { route } from '../../route/route.ts';
import { idempotencyKey, refusedSubmit } from '../../routes/tasks/task-forms.ts';
import { failedTask, ofRanTask } from '../kit/declared.ts';
import { geminiForm } from './gemini-form.ts';

export const geminiRoot = '/gemini';

export const version: PathMember = {
  ...inPath('Version of the API; both are the same', 'v1beta'),
  pattern: 'v1|v1beta',
};
export const model: PathMember = {
  ...inPath('Any name of the model, of Google’s or of this server’s', 'gemini-nano-banana-2.1'),
  pattern: '[^:]+',
};

export const shared = { tag: 'Gemini', family: geminiForm, hidesAddress: true } as const;
export const withId = { 'X-Request-Id': header('RequestId') };

const image: JsonSchema = bodyOf({
  aspectRatio: { type: 'string', description: 'A ratio that the model has', examples: ['16:9'] },
  imageSize: { type: 'string', description: '1K, 2K or 4K', examples: ['2K'] },
});
const part: JsonSchema = bodyOf({
  text: { type: 'string' },
  inlineData: bodyOf({ mimeType: { type: 'string' }, data: { type: 'string', description: 'Base64' } }),
  fileData: bodyOf({ mimeType: { type: 'string' }, fileUri: { type: 'string', description: 'A link' } }),
});
const contents: JsonSchema = {
  type: 'array',
  items: bodyOf({ role: { type: 'string', enum: ['user', 'model'] }, parts: { type: 'array', items: part } }),
  description: 'The conversation, of which the last turn of the user is the prompt',
};
const generationConfig = bodyOf({
  imageConfig: image,
  responseFormat: bodyOf({ image }),
  responseModalities: { type: 'array', items: { type: 'string', enum: ['TEXT', 'IMAGE'] } },
  candidateCount: { type: 'integer', minimum: 1, description: 'How many pictures, a candidate for each' },
  seed: { type: 'integer' },
});

/** Failures that are errors: a request that is refused for its content is answered with 200. */
const failures = failedTask.filter((type) => type !== 'content_rejected' && type !== 'no_image');

const call = {
  ...shared,
  method: 'post',
  access: tasksKeyOrQuery,
  counts: 'submit',
  params: { version, model },
  headers: [idempotencyKey],
  body: bodyAsGiven(() => ({
    required: true,
    content: {
      'application/json': {
        schema: bodyOf({ contents, generationConfig, systemInstruction: bodyOf({}) }, ['contents']),
        example: {
          contents: [{ role: 'user', parts: [{ text: 'a banana on the moon' }] }],
          generationConfig: { imageConfig: { aspectRatio: '16:9', imageSize: '2K' } },
        },
      },
    },
  })),
  refusals: ['not_found', ...refusedSubmit, ...failures],
} as const;

const shown = json(reference('GeminiContents'), {
  description: 'The picture, or why there is none',
  headers: ofRanTask,
  example: {
    candidates: [
      {
        content: {
          role: 'model',
          parts: [{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo…' } }],
        },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    modelVersion: 'nano-banana-2.1',
    responseId: '019ab1c2-7d1e-7c3a-9a54-2f8f0c9d4e10',
  },
});
export const paged = queryAsGiven(() =>
  inQuery({
    pageSize: { type: 'integer', minimum: 1, description: 'How many at most' },
    pageToken: { type: 'string', description: 'The nextPageToken of the page before' },
  }),
);

export const geminiRoutes = {
  geminiGenerate: route({
    ...call,
    path: `${geminiRoot}/{version}/models/{model}:generateContent`,
    summary: 'Make or edit a picture, and wait for it',
    answers: sent({ 200: shown }),
  }),
  geminiStream: route({
    ...call,
    path: `${geminiRoot}/{version}/models/{model}:streamGenerateContent`,
    summary: 'Make or edit a picture, as a stream of events or as a list',
    query: queryAsGiven(() =>
      inQuery({
        alt: { type: 'string', description: 'sse for a stream of events; else a list is answered' },
      }),
    ),
    answers: sent({
      200: {
        ...shown,
        content: {
          'application/json': { schema: { type: 'array', items: reference('GeminiContents') } },
          'text/event-stream': { schema: { type: 'string' } },
        },
      },
    }),
  }),
  geminiModels: route({
    ...shared,
    method: 'get',
    path: `${geminiRoot}/{version}/models`,
    summary: 'List the models that the key may use',
    access: keyOrQuery,
    params: { version },
    query: paged,
    answers: sent({
      200: json(reference('GeminiModels'), { description: 'The models', headers: withId }),
    }),
    refusals: ['invalid_request'],
  }),
  geminiModel: route({
    ...shared,
    method: 'get',
    path: `${geminiRoot}/{version}/models/{model}`,
    summary: 'Show one model',
    access: keyOrQuery,
    params: { version, model },
    answers: sent({
      200: json(reference('GeminiModel'), { description: 'The model', headers: withId }),
    }),
    refusals: ['not_found'],
  }),
};
