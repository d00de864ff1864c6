// Calls of fal's face: the queue, runs that wait, and the storage.

import type * as z from 'zod';
import { anyone, filesKey, readKey, signedLink, tasksKey } from '../../access/access.ts';
import { reference } from '../../openapi/components.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { bodyOf, type JsonSchema, memberSchemas } from '../../openapi/json-schema.ts';
import { inHeader, inQuery } from '../../openapi/parameters.ts';
import { header, json } from '../../openapi/responses.ts';
import { bodyAsGiven, inPath, queryAsGiven, sent, uuidInPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import { accepted, idempotencyKey, refusedSubmit, withCost } from '../../routes/tasks/task-forms.ts';
import { submitMembers } from '../../submit/submission-members.ts';
import { failedTask, ofRanTask } from '../kit/declared.ts';
import { warningsHeader } from '../kit/warnings-header.ts';
import { falForm } from './fal-form.ts';
import { falRoot } from './fal-target.ts';
import { answerMembers } from './read-input.ts';

const shared = { tag: 'fal', family: falForm } as const;
const id = answerExamples.Task.task_id;
const app = {
  owner: inPath('The owner of the app', 'fal-ai'),
  alias: inPath('The app; a submit and a run have its path behind it, of any length', 'nano-banana'),
};
const ofRequest = { ...app, id: uuidInPath('The request’s id, which is the task’s', id) };
const requestPath = `${falRoot}/{owner}/{alias}/requests/{id}`;
const requestId = { 'X-Request-Id': header('RequestId') };

const { prompt, aspect_ratio, quality, background, seed, metadata, deadline_seconds } = submitMembers;
const described: Readonly<Record<string, z.ZodType>> = {
  prompt,
  aspect_ratio,
  ...answerMembers,
  quality: quality.meta({ description: 'To models that can be told', default: 'auto' }),
  background: background.meta({ description: 'To models that can be told', default: 'auto' }),
  seed,
  metadata,
  deadline_seconds,
};
const image_urls: JsonSchema = {
  type: 'array',
  items: { type: 'string' },
  description: 'The pictures to edit: links, or data: URIs',
};
const mask_image_url: JsonSchema = {
  type: 'string',
  description:
    'A link or a data: URI. Where it is transparent, the first picture is to change; only for models that take one',
};
const num_images: JsonSchema = { type: 'integer', minimum: 1, description: 'How many pictures' };
const resolution: JsonSchema = { type: 'string', description: 'The size: 1K, 2K or 4K' };
const input = bodyAsGiven(() => ({
  required: true,
  content: {
    'application/json': {
      schema: bodyOf({ ...memberSchemas(described), image_urls, mask_image_url, num_images, resolution }, [
        'prompt',
      ]),
      example: { prompt: 'a banana on the moon', aspect_ratio: '16:9', num_images: 2 },
    },
  },
}));
const lifecycle = inHeader(
  'X-Fal-Object-Lifecycle-Preference',
  'JSON; expiration_duration_seconds is for how long the pictures are kept',
  { type: 'string', examples: ['{"expiration_duration_seconds":3600}'] },
);
const withLogs = queryAsGiven(() =>
  inQuery({ logs: { type: 'string', enum: ['0', '1'], description: 'Whether the answer has logs' } }),
);

const exampleLinks = {
  request_id: id,
  response_url: `http://127.0.0.1:8787${falRoot}/fal-ai/nano-banana/requests/${id}`,
  status_url: `http://127.0.0.1:8787${falRoot}/fal-ai/nano-banana/requests/${id}/status`,
  cancel_url: `http://127.0.0.1:8787${falRoot}/fal-ai/nano-banana/requests/${id}/cancel`,
};
const output = json(reference('FalOutput'), {
  description: 'The pictures',
  headers: { ...requestId, ...withCost, [warningsHeader]: header('Warnings') },
});
const cancelAnswer = (description: string, status: string) =>
  json(reference('FalCancel'), { description, example: { status } });

const uploadLink = signedLink(
  ({ key = '', file = '', name = '' }) => uploadPath(key, file, name),
  'This link to upload a picture has expired. Ask for another.',
);
export const uploadPath = (key: string, file: string, name: string): string =>
  `${falRoot}/rest/storage/upload/${key}/${file}/${name}`;

export const falRoutes = {
  falSubmit: route({
    ...shared,
    method: 'post',
    path: `${falRoot}/{owner}/{alias}`,
    summary: 'Submit a request to the queue',
    access: tasksKey,
    counts: 'submit',
    params: app,
    query: queryAsGiven(() =>
      inQuery({
        fal_webhook: { type: 'string', description: 'A URL that is told of the end, as fal tells it' },
      }),
    ),
    headers: [idempotencyKey, lifecycle],
    body: input,
    answers: sent({
      200: json(reference('FalSubmit'), {
        description: 'Accepted',
        headers: { ...requestId, ...accepted, [warningsHeader]: header('Warnings') },
        example: { status: 'IN_QUEUE', ...exampleLinks, queue_position: 0 },
      }),
    }),
    refusals: refusedSubmit,
  }),
  falStatus: route({
    ...shared,
    method: 'get',
    path: `${requestPath}/status`,
    summary: 'The state of a request',
    access: readKey,
    params: ofRequest,
    query: withLogs,
    answers: sent({
      200: json(reference('FalStatus'), { description: 'It has ended', headers: requestId }),
      202: json(reference('FalStatus'), {
        description: 'It waits or runs',
        headers: requestId,
        example: { status: 'IN_QUEUE', ...exampleLinks, queue_position: 0, logs: [] },
      }),
    }),
    refusals: ['not_found', 'cancelled'],
  }),
  falStatusStream: route({
    ...shared,
    method: 'get',
    path: `${requestPath}/status/stream`,
    summary: 'The states of a request, as events, until it has ended',
    access: readKey,
    params: ofRequest,
    query: withLogs,
    answers: sent({
      200: {
        description: 'An event for each state',
        headers: requestId,
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
    }),
    refusals: ['not_found'],
    hasHead: false,
  }),
  falResult: route({
    ...shared,
    method: 'get',
    path: requestPath,
    summary: 'The result of a request that has ended; its failure is the status of this answer',
    access: readKey,
    params: ofRequest,
    answers: sent({
      200: output,
      400: json(reference('FalError'), { description: 'It waits or runs', headers: requestId }),
    }),
    refusals: ['not_found', ...failedTask],
  }),
  falCancel: route({
    ...shared,
    method: 'put',
    path: `${requestPath}/cancel`,
    summary: 'Cancel a request',
    access: tasksKey,
    params: ofRequest,
    answers: sent({
      202: cancelAnswer('It has ended, or ends soon', 'CANCELLATION_REQUESTED'),
      400: cancelAnswer('It has ended already', 'ALREADY_COMPLETED'),
      404: cancelAnswer('This key has no such request', 'NOT_FOUND'),
    }),
  }),
  falRun: route({
    ...shared,
    method: 'post',
    path: `${falRoot}/sync/{owner}/{alias}`,
    summary: 'Run an app, and wait for its result',
    access: tasksKey,
    counts: 'submit',
    params: app,
    headers: [idempotencyKey, lifecycle],
    body: input,
    answers: sent({ 200: { ...output, headers: { ...output.headers, ...ofRanTask } } }),
    refusals: [...refusedSubmit, ...failedTask],
  }),
  falUploadInitiate: route({
    ...shared,
    method: 'post',
    path: `${falRoot}/rest/storage/upload/initiate`,
    summary: 'Ask where to upload a picture',
    access: filesKey,
    body: bodyAsGiven(() => ({
      required: false,
      content: {
        'application/json': {
          schema: bodyOf({ content_type: { type: 'string' }, file_name: { type: 'string' } }),
          example: { content_type: 'image/png', file_name: 'cat.png' },
        },
      },
    })),
    answers: sent({
      200: json(reference('FalUpload'), { description: 'Where it goes, and where it is then' }),
    }),
    refusals: ['invalid_request', 'too_large', 'unsupported_media', 'rate_limited'],
  }),
  falUpload: route({
    ...shared,
    method: 'put',
    path: uploadPath('{key}', '{file}', '{name}'),
    summary: 'Upload a picture to a link that was given out for it',
    access: uploadLink,
    params: {
      key: inPath('The id of the API key', answerExamples.Me.key_id),
      file: inPath('The file’s id', id),
      name: inPath('The file’s name', 'input.png'),
    },
    query: queryAsGiven(() =>
      inQuery({
        e: { type: 'string', description: 'When the link ends, Unix seconds' },
        token: { type: 'string', description: 'The signature' },
      }),
    ),
    body: bodyAsGiven(() => ({
      required: true,
      content: { 'image/*': { schema: { type: 'string', format: 'binary' } } },
    })),
    answers: sent({ 200: json(bodyOf({}), { description: 'Kept' }) }),
    refusals: [
      'invalid_request',
      'not_found',
      'conflict',
      'too_large',
      'unsupported_media',
      'input_unreachable',
      'rate_limited',
      'internal',
    ],
  }),
  falKeys: route({
    ...shared,
    method: 'get',
    path: `${falRoot}/rest/.well-known/jwks.json`,
    summary: 'The public keys by which webhooks of this face are verified',
    access: anyone,
    answers: sent({ 200: json(reference('FalKeys'), { description: 'The keys' }) }),
    refusals: ['overloaded'],
  }),
};
