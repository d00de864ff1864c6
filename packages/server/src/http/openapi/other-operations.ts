// The rest of the document’s calls: the sibling family, those for operators, and the pages.

import { reference } from './components.ts';
import { answerExamples, enveloped } from './examples.ts';
import type { Operation } from './operation.ts';
import { inQuery } from './parameters.ts';
import { json } from './responses.ts';
import { submitBody } from './submit-body.ts';
import { idempotencyKey, refusedSubmit, taskId } from './task-operations.ts';

const { task_id: id, data } = answerExamples.Task;
const page = (description: string) => ({
  200: { description, content: { 'text/html': { schema: { type: 'string' } } } },
});

const message = { schema: { type: 'object', description: 'A message of JSON-RPC 2.0' } };
const mcp: Operation = {
  id: 'mcp',
  method: 'post',
  path: '/mcp',
  tag: 'Tasks',
  summary: 'The Model Context Protocol over streamable HTTP',
  description: 'For programs that speak it: tools that make, edit and follow pictures. It keeps no sessions.',
  body: {
    required: true,
    content: { 'application/json': { ...message, example: { jsonrpc: '2.0', id: 1, method: 'tools/list' } } },
  },
  answers: {
    200: {
      description: 'The answer, and news on the way to it',
      content: { 'text/event-stream': { schema: { type: 'string' } }, 'application/json': message },
    },
    202: { description: 'A notification was taken' },
    400: { description: 'No message of the protocol', content: { 'application/json': message } },
  },
  refusals: ['forbidden', 'too_large'],
};

export const otherOperations: readonly Operation[] = [
  {
    id: 'siblingSubmit',
    method: 'post',
    path: '/v1/images/generations',
    tag: 'Older family',
    summary: 'Submit a task; with pictures it is an edit',
    parameters: [
      ...inQuery({
        async: {
          type: 'string',
          description:
            'Every submit is asynchronous. OpenAI’s libraries and Vercel’s AI SDK, known by X-Stainless headers and their User-Agent, have to say true: without it they would wait for a picture, and are refused with 400 in OpenAI’s form',
        },
      }),
      idempotencyKey,
    ],
    body: submitBody({ prompt: 'a banana on the moon', size: '1024x1536' }),
    answers: {
      200: json(reference('V1Submit'), { description: 'Accepted', example: { id, task_id: id } }),
    },
    refusals: refusedSubmit,
    family: 'v1',
  },
  {
    id: 'siblingTask',
    method: 'get',
    path: '/v1/tasks/{id}',
    tag: 'Older family',
    summary: 'Ask for a task',
    parameters: [taskId],
    answers: {
      200: json(reference('V1Task'), {
        description: 'The task',
        example: {
          id,
          state: 'succeeded',
          progress: 100,
          create_time: 1_795_387_173,
          update_time: 1_795_387_177,
          action: 'generate',
          data,
        },
      }),
    },
    refusals: ['not_found'],
    family: 'v1',
  },
  mcp,
  {
    id: 'showHome',
    method: 'get',
    path: '/',
    tag: 'Operating',
    summary: 'Where this reference is; for browsers the page for people',
    description: 'The page where Accept names text/html, and JSON for everybody else.',
    security: [],
    answers: {
      200: {
        description: 'Where the reference is, or the page',
        content: {
          'application/json': { schema: reference('HomeEnvelope'), example: enveloped(answerExamples.Home) },
          'text/html': { schema: { type: 'string' } },
        },
      },
    },
  },
  {
    id: 'showReference',
    method: 'get',
    path: '/docs',
    tag: 'Operating',
    summary: 'This reference as a page',
    security: [],
    answers: page('The page'),
  },
  {
    id: 'getReference',
    method: 'get',
    path: '/openapi.json',
    tag: 'Operating',
    summary: 'This reference as an OpenAPI document',
    security: [],
    answers: { 200: json({ type: 'object' }, { description: 'The document' }) },
  },
];
