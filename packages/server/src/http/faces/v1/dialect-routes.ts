// Declarations of the calls of the dialects, below the prefix of each and, where they contradict nothing there, below /v1.

import { filesKey, readKey, tasksKey } from '../../access/access.ts';
import { reference, type SchemaName } from '../../openapi/components.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { header, json } from '../../openapi/responses.ts';
import { submitBody } from '../../openapi/submit-body.ts';
import type { FaceForm } from '../../refusals/face-form.ts';
import { bodyAsGiven, sent } from '../../route/forms.ts';
import { type Route, route } from '../../route/route.ts';
import { binary } from '../../routes/pictures/picture-forms.ts';
import { accepted, idempotencyKey, ofTask, refusedSubmit, withCost } from '../../routes/tasks/task-forms.ts';
import { taskIdHeader } from '../kit/run-task.ts';
import { warningsHeader } from '../kit/warnings-header.ts';
import { apimartForm, evolinkForm, sub2apiForm } from './dialect-forms.ts';
import { apimartTask, evolinkBeginning, evolinkTask, sub2apiTask } from './dialect-tasks.ts';
import { v1Form } from './v1-form.ts';

export const apimartRoot = '/apimart/v1';
export const evolinkRoot = '/evolink/v1';
export const sub2apiRoot = '/sub2api/v1';
export const v1Root = '/v1';

interface Place {
  root: string;
  tag: Route['tag'];
  family: FaceForm;
}
const inV1: Place = { root: v1Root, tag: 'v1', family: v1Form };
const inApimart: Place = { root: apimartRoot, tag: 'APIMart', family: apimartForm };
const inEvolink: Place = { root: evolinkRoot, tag: 'EvoLink', family: evolinkForm };
const inSub2api: Place = { root: sub2apiRoot, tag: 'sub2api', family: sub2apiForm };

interface Described {
  summary: string;
  schema: SchemaName;
  example: object;
}

const ofAccepted = {
  ...accepted,
  'X-Request-Id': header('RequestId'),
  [taskIdHeader]: header('TaskId'),
  [warningsHeader]: header('Warnings'),
};

const { task_id: id, model } = answerExamples.Task;
const task = answerExamples.Task;
const created = Number(task.create_time);
const lifetime = 432_000;

function submitRoute(
  { root, tag, family }: Place,
  path: string,
  { summary, schema, example, status = 200 }: Described & { status?: 200 | 202 },
) {
  const headers = status === 202 ? { ...ofAccepted, ...toPoll, Location: header('Location') } : ofAccepted;
  return route({
    tag,
    family,
    method: 'post',
    path: root + path,
    summary,
    access: tasksKey,
    counts: 'submit',
    headers: [idempotencyKey],
    body: bodyAsGiven(() =>
      submitBody({ model: 'nano-banana-2.1', prompt: 'a banana on the moon', size: '16:9' }),
    ),
    answers: sent({
      [status]: json(reference(schema), { description: 'Accepted', headers, example }),
    }),
    refusals: refusedSubmit,
  });
}

const toPoll = { 'Retry-After': header('PollAfter') };

function taskRoute(
  { root, tag, family }: Place,
  path: string,
  { schema, example, headers = withCost }: Omit<Described, 'summary'> & { headers?: object },
) {
  return route({
    tag,
    family,
    method: 'get',
    path: `${root}${path}/{id}`,
    summary: 'Ask for a task',
    access: readKey,
    params: ofTask,
    answers: sent({ 200: json(reference(schema), { description: 'The task', headers, example }) }),
    refusals: ['not_found'],
  });
}

function modelsRoute({ root, tag, family }: Place) {
  return route({
    tag,
    family,
    method: 'get',
    path: `${root}/models`,
    summary: 'List the models that the key may use',
    access: readKey,
    answers: sent({
      200: json(reference('OpenAiModels'), {
        description: 'The models, as OpenAI’s clients list them',
        headers: { 'X-Request-Id': header('RequestId') },
      }),
    }),
  });
}

function uploadRoute({ root, tag, family }: Place) {
  const { file, file_name: filename, content_type, bytes, create_time, expires_at } = answerExamples.File;
  const fileId = answerExamples.File.file_id;
  return route({
    tag,
    family,
    method: 'post',
    path: `${root}/uploads/images`,
    summary: 'Upload a picture to use as an input',
    access: filesKey,
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: { file: { ...binary, description: 'The picture' } },
            required: ['file'],
          },
        },
      },
    })),
    answers: sent({
      200: json(reference('DialectUpload'), {
        description: 'Kept',
        example: {
          success: true,
          message: '',
          url: file,
          filename,
          content_type,
          bytes,
          created_at: Number(create_time),
          expires_at: Number(expires_at),
          data: { id: fileId, url: file, mime_type: content_type, size: bytes },
        },
      }),
    }),
    refusals: refusedSubmit.filter((type) => type !== 'conflict'),
  });
}

const ofApimart = {
  schema: 'ApimartSubmit',
  example: { code: 200, data: [{ status: 'submitted', task_id: id }] },
} as const;
const apimartAsk = { schema: 'ApimartTask', example: apimartTask(task) } as const;

export const apimartRoutes = {
  apimartSubmit: submitRoute(inApimart, '/images/generations', {
    ...ofApimart,
    summary: 'Submit a task; with pictures it is an edit',
  }),
  apimartEdit: submitRoute(inApimart, '/images/edits', { ...ofApimart, summary: 'Submit an edit' }),
  apimartTask: taskRoute(inApimart, '/tasks', apimartAsk),
  apimartUpload: uploadRoute(inApimart),
  apimartModels: modelsRoute(inApimart),
};

const evolinkAsk = { schema: 'EvolinkTask', example: evolinkTask(task) } as const;

export const evolinkRoutes = {
  evolinkSubmit: submitRoute(inEvolink, '/images/generations', {
    schema: 'EvolinkTask',
    summary: 'Submit a task; with pictures it is an edit',
    example: evolinkBeginning(id, model, created),
  }),
  evolinkTask: taskRoute(inEvolink, '/tasks', evolinkAsk),
  evolinkImage: taskRoute(inEvolink, '/images/generations', evolinkAsk),
  evolinkUpload: uploadRoute(inEvolink),
  evolinkModels: modelsRoute(inEvolink),
};

function sub2apiSubmits(place: Place) {
  const described = {
    schema: 'Sub2apiSubmit',
    status: 202,
    example: {
      id,
      task_id: id,
      object: 'image.generation.task',
      status: 'processing',
      created_at: created,
      expires_at: created + lifetime,
      poll_url: `${place.root}/images/tasks/${id}`,
    },
  } as const;
  return {
    generate: submitRoute(place, '/images/generations/async', {
      ...described,
      summary: 'Submit a task, as sub2api’s clients do',
    }),
    edit: submitRoute(place, '/images/edits/async', {
      ...described,
      summary: 'Submit an edit, as sub2api’s clients do',
    }),
    task: taskRoute(place, '/images/tasks', {
      schema: 'Sub2apiTask',
      example: sub2apiTask(task, lifetime),
      headers: { ...withCost, ...toPoll },
    }),
  };
}

const ofSub2api = sub2apiSubmits(inSub2api);
export const sub2apiRoutes = {
  sub2apiGenerate: ofSub2api.generate,
  sub2apiEdit: ofSub2api.edit,
  sub2apiTask: ofSub2api.task,
  sub2apiModels: modelsRoute(inSub2api),
};

const sub2apiInV1 = sub2apiSubmits(inV1);
/** Calls of the dialects that /v1 has no others for. */
export const v1DialectRoutes = {
  generateAsyncV1: sub2apiInV1.generate,
  editAsyncV1: sub2apiInV1.edit,
  imageTaskV1: sub2apiInV1.task,
  imageV1: taskRoute(inV1, '/images/generations', evolinkAsk),
  uploadImageV1: uploadRoute(inV1),
  modelsV1: modelsRoute(inV1),
};
