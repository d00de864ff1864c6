// Calls of OpenAI's face: pictures from a prompt, edits, and the models.

import type * as z from 'zod';
import { maxPictures } from '../../../core/tasks/task.ts';
import { readKey, tasksKey } from '../../access/access.ts';
import { reference } from '../../openapi/components.ts';
import { bodyOf, type JsonSchema, memberSchemas } from '../../openapi/json-schema.ts';
import { header, json } from '../../openapi/responses.ts';
import { bodyAsGiven, inPath, sent } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import { submitMembers } from '../../submit/submission-members.ts';
import { idempotencyKey, refusedSubmit } from '../../routes/tasks/task-forms.ts';
import { failedTask, ofRanTask } from '../kit/declared.ts';
import { openAiForm, openAiRoot } from '../kit/openai-form.ts';
import { sendingMembers } from './image-members.ts';

const shared = { tag: 'OpenAI', family: openAiForm } as const;

const {
  prompt,
  model,
  aspect_ratio,
  image_size,
  seed,
  quality,
  background,
  moderation,
  metadata,
  deadline_seconds,
} = submitMembers;
const described: Readonly<Record<string, z.ZodType>> = {
  prompt,
  model: model.meta({ description: 'A model of OpenAI, Google or this server, by any of its names' }),
  size: submitMembers.size.meta({
    description:
      'auto, or pixels such as 1536x1024: the nearest ratio that the model has, and the size that has about as many pixels',
    examples: ['1024x1024'],
  }),
  quality: quality.meta({ description: 'As much effort as the model can be told to make', default: 'auto' }),
  background: background.meta({ description: 'To models that can be told', default: 'auto' }),
  moderation: moderation.meta({ description: 'To models that can be told; not in an edit', default: 'auto' }),
  ...sendingMembers,
  aspect_ratio,
  image_size,
  seed,
  metadata,
  deadline_seconds,
};
const n: JsonSchema = {
  type: 'integer',
  minimum: 1,
  maximum: maxPictures,
  description: 'How many pictures',
};
const link = { type: 'string', description: 'A link, or a data: URI' };
const fileId = { type: 'string', description: 'The id of an uploaded picture' };
const images: JsonSchema = {
  type: 'array',
  items: bodyOf({ image_url: link, file_id: fileId }),
  description: 'The pictures to edit',
};
const mask: JsonSchema = {
  ...bodyOf({ image_url: link, file_id: fileId }),
  description: 'Where it is transparent, the first picture is to change; only for models that take one',
};
const file: JsonSchema = { type: 'string', format: 'binary' };

const shown = json(reference('OpenAiImages'), {
  description:
    'The pictures; with stream a stream of events, image_generation.completed or image_edit.completed for each picture, or error',
  headers: ofRanTask,
  example: {
    created: 1_795_387_177,
    data: [{ b64_json: 'iVBORw0KGgo…' }],
    output_format: 'png',
    size: '1024x1024',
  },
});
const answer = sent({
  200: { ...shown, content: { ...shown.content, 'text/event-stream': { schema: { type: 'string' } } } },
});

const call = {
  ...shared,
  method: 'post',
  access: tasksKey,
  counts: 'submit',
  headers: [idempotencyKey],
  answers: answer,
  refusals: [...refusedSubmit, ...failedTask],
} as const;

export const openAiRoutes = {
  openAiGenerate: route({
    ...call,
    path: `${openAiRoot}/images/generations`,
    summary: 'Make pictures from a prompt, and wait for them',
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'application/json': {
          schema: bodyOf({ ...memberSchemas(described), n }, ['prompt']),
          example: { model: 'gpt-image-2', prompt: 'a banana on the moon', size: '1536x1024' },
        },
      },
    })),
  }),
  openAiEdit: route({
    ...call,
    path: `${openAiRoot}/images/edits`,
    summary: 'Edit or combine pictures, and wait for the result',
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'application/json': {
          schema: bodyOf({ ...memberSchemas(described), n, images, mask }, ['prompt', 'images']),
          example: {
            model: 'gpt-image-2',
            prompt: 'put a hat on the cat',
            images: [{ image_url: 'https://pictures.example.com/cat.jpg' }],
          },
        },
        'multipart/form-data': {
          schema: bodyOf(
            { ...memberSchemas(described), n, image: { type: 'array', items: file }, mask: file },
            ['prompt', 'image'],
          ),
        },
      },
    })),
  }),
  openAiModels: route({
    ...shared,
    method: 'get',
    path: `${openAiRoot}/models`,
    summary: 'List the models that the key may use',
    access: readKey,
    answers: sent({
      200: json(reference('OpenAiModels'), {
        description: 'The models',
        headers: { 'X-Request-Id': header('RequestId') },
      }),
    }),
  }),
  openAiModel: route({
    ...shared,
    method: 'get',
    path: `${openAiRoot}/models/{model}`,
    summary: 'Show one model',
    access: readKey,
    params: { model: inPath('Any name of the model', 'gpt-image-2') },
    answers: sent({
      200: json(reference('OpenAiModel'), {
        description: 'The model',
        headers: { 'X-Request-Id': header('RequestId') },
      }),
    }),
    refusals: ['not_found'],
  }),
};
