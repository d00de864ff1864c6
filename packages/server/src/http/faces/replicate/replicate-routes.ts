// Calls of Replicate's API.

import { backgrounds, qualities } from '../../../core/tasks/task.ts';
import { filesKey, readKey, tasksKey, webhooksKey } from '../../access/access.ts';
import { reference } from '../../openapi/components.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { bodyOf, type JsonSchema } from '../../openapi/json-schema.ts';
import { inHeader, inQuery } from '../../openapi/parameters.ts';
import { header, json } from '../../openapi/responses.ts';
import { bodyAsGiven, inPath, queryAsGiven, sent, uuidInPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import { binary } from '../../routes/pictures/picture-forms.ts';
import { accepted, idempotencyKey, ofTask, refusedSubmit } from '../../routes/tasks/task-forms.ts';
import { taskIdHeader } from '../kit/run-task.ts';
import { warningsHeader } from '../kit/warnings-header.ts';
import { replicateForm, replicateRoot as root } from './replicate-form.ts';

const shared = { tag: 'Replicate', family: replicateForm } as const;
const text: JsonSchema = { type: 'string' };
const texts: JsonSchema = { type: 'array', items: text };

const input: JsonSchema = {
  ...bodyOf(
    {
      prompt: text,
      image_input: { ...texts, description: 'Pictures: links, links to files, or data: URIs' },
      aspect_ratio: { ...text, description: 'A ratio, or match_input_image' },
      resolution: { ...text, description: '1K, 2K or 4K, as the model takes' },
      mask: {
        ...text,
        description:
          'As the pictures. Where it is transparent, the first of them is to change; only for models that take one',
      },
      num_outputs: { type: 'integer', minimum: 1, maximum: 10 },
      quality: { ...text, enum: ['auto', ...qualities], description: 'To models that can be told' },
      background: { ...text, enum: ['auto', ...backgrounds], description: 'To models that can be told' },
      seed: { type: 'integer' },
      output_format: { ...text, enum: ['jpg', 'png', 'webp'] },
    },
    ['prompt'],
  ),
  description: 'What the model is to make',
};
const members = {
  input,
  webhook: { ...text, description: 'URL that is told of the prediction' },
  webhook_events_filter: { ...texts, description: 'Of start, output, logs and completed' },
};
const example = { input: { prompt: 'a banana on the moon', aspect_ratio: '16:9' } };

const prefer = inHeader(
  'Prefer',
  'wait, or wait=N: the answer comes when the prediction has ended, or after N seconds; 50 at most',
  { type: 'string', examples: ['wait'] },
);
const shown = json(reference('ReplicatePrediction'), { description: 'The prediction' });
const makes = {
  ...shared,
  method: 'post',
  access: tasksKey,
  counts: 'submit',
  headers: [prefer, idempotencyKey],
  answers: sent({
    201: json(reference('ReplicatePrediction'), {
      description: 'Accepted; with Prefer: wait it has ended, or its status is starting',
      headers: {
        ...accepted,
        'X-Request-Id': header('RequestId'),
        [taskIdHeader]: header('TaskId'),
        [warningsHeader]: header('Warnings'),
      },
    }),
  }),
} as const;
const ofFile = { id: uuidInPath('The file’s id', answerExamples.File.file_id) };
const file = json(reference('ReplicateFile'), { description: 'The file' });

export const replicateRoutes = {
  replicateCreate: route({
    ...makes,
    path: `${root}/predictions`,
    summary: 'Make a prediction by a version',
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'application/json': {
          schema: bodyOf({ version: text, ...members }, ['version', 'input']),
          example: { version: 'nano-banana-2.1', ...example },
        },
      },
    })),
    refusals: refusedSubmit,
  }),
  replicateRun: route({
    ...makes,
    path: `${root}/models/{owner}/{name}/predictions`,
    summary: 'Make a prediction by a model',
    params: {
      owner: inPath('Any owner', 'google'),
      name: inPath('Any name of the model', 'nano-banana-2.1'),
    },
    body: bodyAsGiven(() => ({
      required: true,
      content: { 'application/json': { schema: bodyOf(members, ['input']), example } },
    })),
    refusals: [...refusedSubmit, 'not_found'],
  }),
  replicateGet: route({
    ...shared,
    method: 'get',
    path: `${root}/predictions/{id}`,
    summary: 'Ask for a prediction',
    access: readKey,
    params: ofTask,
    answers: sent({ 200: shown }),
    refusals: ['not_found'],
  }),
  replicateCancel: route({
    ...shared,
    method: 'post',
    path: `${root}/predictions/{id}/cancel`,
    summary: 'Cancel a prediction',
    access: tasksKey,
    params: ofTask,
    answers: sent({ 200: shown }),
    refusals: ['not_found'],
  }),
  replicateList: route({
    ...shared,
    method: 'get',
    path: `${root}/predictions`,
    summary: 'List the predictions of the key',
    access: readKey,
    query: queryAsGiven(() => inQuery({ cursor: { ...text, description: 'As in next of the page before' } })),
    answers: sent({ 200: json(reference('ReplicatePredictions'), { description: 'A page of them' }) }),
    refusals: ['invalid_request'],
  }),
  replicateUpload: route({
    ...shared,
    method: 'post',
    path: `${root}/files`,
    summary: 'Upload a picture to use as an input',
    access: filesKey,
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'multipart/form-data': { schema: bodyOf({ content: binary, metadata: text }, ['content']) },
      },
    })),
    answers: sent({ 201: json(reference('ReplicateFile'), { description: 'Kept' }) }),
    refusals: refusedSubmit.filter((type) => type !== 'conflict'),
  }),
  replicateFiles: route({
    ...shared,
    method: 'get',
    path: `${root}/files`,
    summary: 'List the files of the key',
    access: readKey,
    answers: sent({ 200: json(reference('ReplicateFiles'), { description: 'The files' }) }),
  }),
  replicateFile: route({
    ...shared,
    method: 'get',
    path: `${root}/files/{id}`,
    summary: 'Show a file',
    access: readKey,
    params: ofFile,
    answers: sent({ 200: file }),
    refusals: ['not_found'],
  }),
  replicateDelete: route({
    ...shared,
    method: 'delete',
    path: `${root}/files/{id}`,
    summary: 'Delete a file',
    access: filesKey,
    params: ofFile,
    answers: sent({ 204: { description: 'Deleted' } }),
    refusals: ['not_found'],
  }),
  replicateSecret: route({
    ...shared,
    method: 'get',
    path: `${root}/webhooks/default/secret`,
    summary: 'Show the secret by which webhooks of predictions are signed',
    access: webhooksKey,
    answers: sent({
      200: json(reference('ReplicateSecret'), {
        description: 'The secret',
        example: { key: 'whsec_ZXhhbXBsZS1zZWNyZXQtb2YtMzItYnl0ZXMtLi4uLi4=' },
      }),
    }),
  }),
};
