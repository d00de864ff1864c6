// Faces for the dialects of asynchronous pictures: the submit and the query of /v1 as clients of APIMart, EvoLink, ToAPIs and sub2api make them.
// https://github.com/Wei-Shaw/sub2api/blob/main/docs/ASYNC_IMAGE_TASKS.md for the last; the others as dialect-answers.ts says.

import type { FastifyReply } from 'fastify';
import type { TaskAction } from '../../../core/tasks/task.ts';
import type { Face } from '../../app.ts';
import { absent } from '../../submit/member-names.ts';
import { type Body, emptyFields } from '../../body/body-fields.ts';
import { readSizeWord } from '../../submit/picture-size.ts';
import { shorten } from '../../submit/submit-names.ts';
import { faceScope } from '../kit/face-scope.ts';
import type { ApimartSubmit, EvolinkTask, Sub2apiSubmit } from './dialect-answers.ts';
import {
  type DialectParts,
  readTask,
  sendTask,
  type SubmitCall,
  submitAs,
  type TaskCall,
  uploadImage,
} from './dialect-calls.ts';
import { apimartForm, evolinkForm, sub2apiForm } from './dialect-forms.ts';
import {
  apimartRoot,
  apimartRoutes,
  evolinkRoot,
  evolinkRoutes,
  sub2apiRoot,
  sub2apiRoutes,
  v1DialectRoutes,
  v1Root,
} from './dialect-routes.ts';
import { apimartTask, evolinkBeginning, evolinkTask, sub2apiTask } from './dialect-tasks.ts';
import { sendModels } from '../kit/model-calls.ts';
import { sendJson } from '../kit/send-json.ts';

export function dialectFaces(parts: DialectParts): Face[] {
  return [
    faceScope({ prefix: apimartRoot, form: apimartForm, faces: [apimartCalls(parts)] }),
    faceScope({ prefix: evolinkRoot, form: evolinkForm, faces: [evolinkCalls(parts)] }),
    faceScope({ prefix: sub2apiRoot, form: sub2apiForm, faces: [sub2apiCalls(parts)] }),
  ];
}

/** Calls that stand beside those of /v1. */
export function v1DialectCalls(parts: DialectParts): Face {
  return parts.serve(v1DialectRoutes, {
    generateAsyncV1: (call) => submitToSub2api(parts, call, v1Root),
    editAsyncV1: (call) => submitToSub2api(parts, call, v1Root, 'edit'),
    imageTaskV1: (call) => askSub2api(parts, call),
    imageV1: (call) => askEvolink(parts, call),
    uploadImageV1: (call) => uploadImage(parts, call),
    modelsV1: (call) => sendModels(parts, call),
  });
}

function apimartCalls(parts: DialectParts): Face {
  const submit = async (call: SubmitCall, action?: TaskAction) => {
    const { taskId, warned } = await submitAs(parts, call, action === undefined ? {} : { action });
    return sendJson(call.reply, {
      code: 200,
      data: [{ status: 'submitted', task_id: taskId }],
      ...warned,
    } satisfies ApimartSubmit);
  };
  return parts.serve(apimartRoutes, {
    apimartSubmit: (call) => submit(call),
    apimartEdit: (call) => submit(call, 'edit'),
    async apimartTask(call) {
      const { task, shown } = await readTask(parts, call);
      return sendTask(call.reply, shown, apimartTask(task));
    },
    apimartUpload: (call) => uploadImage(parts, call),
    apimartModels: (call) => sendModels(parts, call),
  });
}

function evolinkCalls(parts: DialectParts): Face {
  return parts.serve(evolinkRoutes, {
    async evolinkSubmit(call) {
      const { taskId, model, created, warned } = await submitAs(parts, call, { adapt: readResolution });
      return sendJson(call.reply, {
        ...evolinkBeginning(taskId, model, created),
        ...warned,
      } satisfies EvolinkTask);
    },
    evolinkTask: (call) => askEvolink(parts, call),
    evolinkImage: (call) => askEvolink(parts, call),
    evolinkUpload: (call) => uploadImage(parts, call),
    evolinkModels: (call) => sendModels(parts, call),
  });
}

async function askEvolink(parts: DialectParts, call: TaskCall): Promise<FastifyReply> {
  const { task, shown } = await readTask(parts, call);
  return sendTask(call.reply, shown, evolinkTask(task));
}

/**
 * ToAPIs has the size in `metadata.resolution`, and other things of the picture beside it; here `metadata` is texts that are kept with the
 * task. https://docs.toapis.com/docs/en/api-reference/images/gemini-3-pro-image-preview/generation
 */
function readResolution(body: Body): { body: Body; warnings: string[] } {
  const { metadata, ...others } = body.fields;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    return { body, warnings: [] };
  const entries = Object.entries(metadata);
  const kept = entries.filter(([, value]) => typeof value === 'string');
  const dropped = entries.filter(([, value]) => typeof value !== 'string');
  const warnings = dropped
    .slice(0, maxNamed)
    .map(([name]) => `metadata.${shorten(name)}: is no text, ignored`);
  if (dropped.length > maxNamed)
    warnings.push(`${dropped.length - maxNamed} more members of metadata: are no texts, ignored`);
  const fields = Object.assign(emptyFields(), others, { metadata: Object.fromEntries(kept) });
  const { resolution } = fields['metadata'] as { resolution?: string };
  const isSize = resolution !== undefined && readSizeWord(resolution)?.kind === 'class';
  if (isSize && absent(fields['resolution'])) fields['resolution'] = resolution;
  else if (resolution !== undefined && !isSize)
    warnings.push('metadata.resolution: no such size is known, so it is a text like the others');
  return { body: { ...body, fields }, warnings };
}

/** Members of `metadata` that warnings name; the rest are counted. */
const maxNamed = 10;

function sub2apiCalls(parts: DialectParts): Face {
  return parts.serve(sub2apiRoutes, {
    sub2apiGenerate: (call) => submitToSub2api(parts, call, sub2apiRoot),
    sub2apiEdit: (call) => submitToSub2api(parts, call, sub2apiRoot, 'edit'),
    sub2apiTask: (call) => askSub2api(parts, call),
    sub2apiModels: (call) => sendModels(parts, call),
  });
}

/** Seconds; sub2api always says so many. */
const pollAfterSeconds = 3;

async function submitToSub2api(
  parts: DialectParts,
  call: SubmitCall,
  root: string,
  action?: TaskAction,
): Promise<FastifyReply> {
  // Its call for pictures from a prompt takes pictures too, where the model does.
  const { taskId, created, warned } = await submitAs(parts, call, action === undefined ? {} : { action });
  const path = `${parts.publicPath()}${root}/images/tasks/${taskId}`;
  return sendJson(call.reply.code(202).headers({ Location: path, 'Retry-After': String(pollAfterSeconds) }), {
    id: taskId,
    task_id: taskId,
    object: 'image.generation.task',
    status: 'processing',
    created_at: created,
    expires_at: created + parts.pictureLifetimeSeconds,
    poll_url: path,
    ...warned,
  } satisfies Sub2apiSubmit);
}

async function askSub2api(parts: DialectParts, call: TaskCall): Promise<FastifyReply> {
  const { task, shown } = await readTask(parts, call);
  if (!shown.isFinal) call.reply.header('Retry-After', String(shown.pollAfterSeconds ?? pollAfterSeconds));
  return sendTask(call.reply, shown, sub2apiTask(task, parts.pictureLifetimeSeconds));
}
