// Calls of OpenAI's face for files and batches.

import { filesKey, readKey, tasksKey } from '../../../access/access.ts';
import { reference } from '../../../openapi/components.ts';
import { bodyOf, type JsonSchema } from '../../../openapi/json-schema.ts';
import { inQuery } from '../../../openapi/parameters.ts';
import { header, json } from '../../../openapi/responses.ts';
import { bodyAsGiven, inPath, queryAsGiven, sent } from '../../../route/forms.ts';
import { route } from '../../../route/route.ts';
import { idempotencyKey, refusedSubmit, replayed } from '../../../routes/tasks/task-forms.ts';
import { openAiForm, openAiRoot } from '../../kit/openai-form.ts';
import { warningsHeader } from '../../kit/warnings-header.ts';
import { batchEndpoints } from './read-lines.ts';

const files = `${openAiRoot}/files`;
const batches = `${openAiRoot}/batches`;
const shared = { tag: 'OpenAI', family: openAiForm } as const;
const id = '019ab1c2-7d1e-7c3a-9a54-2f8f0c9d4e10';

const answer = (
  name: 'OpenAiFile' | 'OpenAiFiles' | 'OpenAiDeleted' | 'OpenAiBatch' | 'OpenAiBatches',
  description: string,
) => sent({ 200: json(reference(name), { description, headers: { 'X-Request-Id': header('RequestId') } }) });

const ofFile = {
  ...shared,
  path: `${files}/{id}`,
  params: { id: inPath('The file’s id', `file-${id}`) },
  refusals: ['not_found'],
} as const;
const ofBatch = {
  ...shared,
  path: `${batches}/{id}`,
  params: { id: inPath('The batch’s id', `batch_${id}`) },
  refusals: ['not_found'],
} as const;

const text = (description: string): JsonSchema => ({ type: 'string', description });
const limit = (most: number): JsonSchema => ({
  type: 'integer',
  minimum: 1,
  maximum: most,
  description: 'How many at most',
});
const after = text('The last id of the page before');

const fileRoutes = {
  openAiUploadFile: route({
    ...shared,
    method: 'post',
    path: files,
    summary: 'Upload a picture, or the requests of a batch as JSON Lines',
    access: filesKey,
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'multipart/form-data': {
          schema: bodyOf(
            {
              purpose: {
                type: 'string',
                enum: ['batch', 'vision', 'user_data'],
                description: 'The last two are for pictures, whose ids stand in edits as file_id',
              },
              file: { type: 'string', format: 'binary', description: 'A picture, or one request a line' },
              'expires_after[anchor]': text('created_at'),
              'expires_after[seconds]': {
                type: 'integer',
                minimum: 60,
                description: 'How long the file is kept',
              },
            },
            ['purpose', 'file'],
          ),
        },
      },
    })),
    answers: answer('OpenAiFile', 'The file'),
    refusals: refusedSubmit.filter((type) => type !== 'conflict'),
  }),
  openAiFiles: route({
    ...shared,
    method: 'get',
    path: files,
    summary: 'List uploaded files',
    access: readKey,
    query: queryAsGiven(() =>
      inQuery({
        purpose: text('batch, or vision for pictures'),
        order: { type: 'string', enum: ['asc', 'desc'], description: 'By time; desc is the default' },
        limit: limit(10_000),
        after,
      }),
    ),
    answers: answer('OpenAiFiles', 'The files of the key'),
    refusals: ['invalid_request'],
  }),
  openAiFile: route({
    ...ofFile,
    method: 'get',
    summary: 'Show a file',
    access: readKey,
    answers: answer('OpenAiFile', 'The file'),
  }),
  openAiFileContent: route({
    ...ofFile,
    method: 'get',
    path: `${files}/{id}/content`,
    summary: 'Read a file: a picture, requests of a batch, or its results',
    access: readKey,
    // It would make the whole file to answer with its headers.
    hasHead: false,
    answers: sent({
      200: {
        description: 'The picture, or JSON Lines, of which results are made while they are sent',
        headers: { 'X-Request-Id': header('RequestId') },
        content: {
          'application/jsonl': { schema: { type: 'string' } },
          'image/*': { schema: { type: 'string', format: 'binary' } },
        },
      },
    }),
  }),
  openAiDeleteFile: route({
    ...ofFile,
    method: 'delete',
    summary: 'Delete a file',
    description:
      'Tasks and their pictures stay, whether it is the input or a result of their batch, or an input of theirs.',
    access: filesKey,
    answers: answer('OpenAiDeleted', 'Deleted'),
  }),
};

export const openAiBatchRoutes = {
  ...fileRoutes,
  openAiCreateBatch: route({
    ...shared,
    method: 'post',
    path: batches,
    summary: 'Make a batch of tasks of an uploaded file: all are accepted or none',
    access: tasksKey,
    counts: 'submit',
    headers: [idempotencyKey],
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'application/json': {
          schema: bodyOf(
            {
              input_file_id: text('The id of the file'),
              endpoint: { type: 'string', enum: Object.keys(batchEndpoints) },
              completion_window: text('Hours, such as 24h: the deadline of requests that name none'),
              metadata: { type: 'object', additionalProperties: { type: 'string' } },
              output_expires_after: bodyOf({
                anchor: text('created_at'),
                seconds: {
                  type: 'integer',
                  minimum: 60,
                  description: 'How long the pictures are kept, from the end of each task',
                },
              }),
            },
            ['input_file_id', 'endpoint', 'completion_window'],
          ),
          example: {
            input_file_id: `file-${id}`,
            endpoint: '/v1/images/generations',
            completion_window: '24h',
          },
        },
      },
    })),
    answers: sent({
      200: json(reference('OpenAiBatch'), {
        description: 'The batch: in_progress, or failed with the faults of its file',
        headers: { 'X-Request-Id': header('RequestId'), [warningsHeader]: header('Warnings'), ...replayed },
      }),
    }),
    refusals: refusedSubmit,
  }),
  openAiBatches: route({
    ...shared,
    method: 'get',
    path: batches,
    summary: 'List batches, newest first',
    access: readKey,
    query: queryAsGiven(() => inQuery({ limit: limit(100), after })),
    answers: answer('OpenAiBatches', 'Batches of the key that were made here'),
    refusals: ['invalid_request'],
  }),
  openAiBatch: route({
    ...ofBatch,
    method: 'get',
    summary: 'Ask for a batch',
    access: readKey,
    answers: answer('OpenAiBatch', 'The batch'),
  }),
  openAiCancelBatch: route({
    ...ofBatch,
    method: 'post',
    path: `${batches}/{id}/cancel`,
    summary: 'Cancel the requests of a batch that have not ended',
    access: tasksKey,
    answers: answer('OpenAiBatch', 'The batch: cancelling, or cancelled'),
    refusals: ['not_found', 'invalid_request'],
  }),
};
