// Calls of Gemini's face for batches. https://ai.google.dev/api/batch-api

import { keyOrQuery, tasksKeyOrQuery } from '../../../access/access.ts';
import { reference } from '../../../openapi/components.ts';
import { bodyOf, type JsonSchema } from '../../../openapi/json-schema.ts';
import { header, json } from '../../../openapi/responses.ts';
import { bodyAsGiven, sent, uuidInPath } from '../../../route/forms.ts';
import type { PathMember } from '../../../route/route.ts';
import { route } from '../../../route/route.ts';
import { idempotencyKey, refusedSubmit, replayed } from '../../../routes/tasks/task-forms.ts';
import { warningsHeader } from '../../kit/warnings-header.ts';
import { geminiRoot, model, paged, shared, version, withId } from '../gemini-routes.ts';

const root = `${geminiRoot}/{version}/batches`;
const example = '019ab1c2-7d1e-7c3a-9a54-2f8f0c9d4e10';
const id = uuidInPath('The batch’s id, which is its name without batches/', example);
/** Something follows it in its segment. */
const idBefore: PathMember = { ...id, pattern: '[^:]+' };
const ofBatch = {
  ...shared,
  path: `${root}/{id}`,
  params: { version, id },
  refusals: ['not_found'],
} as const;
const nothing = json({ type: 'object', maxProperties: 0 }, { description: 'Done', headers: withId });

const text: JsonSchema = { type: 'string' };
const requests = bodyOf({
  requests: {
    type: 'array',
    items: bodyOf({
      request: { type: 'object', description: 'As the body of generateContent' },
      metadata: { type: 'object', description: 'Stands beside the response, such as a key' },
    }),
  },
});

export const geminiBatchRoutes = {
  geminiCreateBatch: route({
    ...shared,
    method: 'post',
    path: `${geminiRoot}/{version}/models/{model}:batchGenerateContent`,
    summary: 'Make a batch of tasks: all are accepted or none',
    access: tasksKeyOrQuery,
    counts: 'submit',
    params: { version, model },
    headers: [idempotencyKey],
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'application/json': {
          schema: bodyOf(
            {
              batch: bodyOf(
                {
                  displayName: text,
                  inputConfig: bodyOf({
                    requests,
                    fileName: { ...text, description: 'Uploaded JSON Lines, each with key and request' },
                  }),
                },
                ['inputConfig'],
              ),
            },
            ['batch'],
          ),
          example: {
            batch: {
              displayName: 'bananas',
              inputConfig: {
                requests: {
                  requests: [
                    {
                      request: { contents: [{ parts: [{ text: 'a banana on the moon' }] }] },
                      metadata: { key: 'first' },
                    },
                  ],
                },
              },
            },
          },
        },
      },
    })),
    answers: sent({
      200: json(reference('GeminiBatch'), {
        description: 'The batch, as an operation',
        headers: { ...withId, [warningsHeader]: header('Warnings'), ...replayed },
      }),
    }),
    refusals: ['not_found', ...refusedSubmit],
  }),
  geminiBatches: route({
    ...shared,
    method: 'get',
    path: root,
    summary: 'List batches, newest first',
    access: keyOrQuery,
    params: { version },
    query: paged,
    answers: sent({
      200: json(reference('GeminiBatches'), { description: 'Without responses in them', headers: withId }),
    }),
    refusals: ['invalid_request'],
  }),
  geminiBatch: route({
    ...ofBatch,
    method: 'get',
    summary: 'Ask for a batch, which has its responses in it where its requests came so',
    access: keyOrQuery,
    // It would make all of the responses to answer with its headers.
    hasHead: false,
    answers: sent({ 200: json(reference('GeminiBatch'), { description: 'The batch', headers: withId }) }),
  }),
  geminiCancelBatch: route({
    ...ofBatch,
    method: 'post',
    path: `${root}/{id}:cancel`,
    params: { version, id: idBefore },
    summary: 'Cancel the requests of a batch that have not ended',
    access: tasksKeyOrQuery,
    answers: sent({ 200: nothing }),
  }),
  geminiDeleteBatch: route({
    ...ofBatch,
    method: 'delete',
    summary: 'Delete a batch; what has not ended is cancelled',
    description: 'Tasks and pictures that are there stay, for as long as every task does.',
    access: tasksKeyOrQuery,
    answers: sent({ 200: nothing }),
  }),
};
