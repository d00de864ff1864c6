// Calls that all dialects make: a submit whose answer each words in its own way, the query of a task, and an upload.

import type { FastifyReply } from 'fastify';
import type { TaskData } from '@plantain/client';
import type { Caller } from '../../../core/keys/keys.ts';
import type { Upload } from '../../../core/submit/upload.ts';
import type { TaskAction } from '../../../core/tasks/task.ts';
import type { Clock } from '../../../lib/clock.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import { type ActingKey, unknownTask } from '../../access/own-task.ts';
import type { Body } from '../../body/body-fields.ts';
import { untilGone } from '../../connections/client-gone.ts';
import { invalid } from '../../refusals/invalid.ts';
import type { Call } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { readUpload, type UploadLimits, uploadMembers } from '../../routes/pictures/uploads.ts';
import type { StatusReader, StatusText } from '../../status/status-reader.ts';
import { isDryRun } from '../../submit/dry-run-answer.ts';
import type { EarlierTries } from '../../submit/earlier-tries.ts';
import { readSubmission } from '../../submit/submission.ts';
import { type SubmitParts, takeSubmit } from '../../submit/take-submit.ts';
import { filePath } from '../../views/linked-pictures.ts';
import { costHeader } from '../../views/task-cost.ts';
import type { ModelParts } from '../kit/model-calls.ts';
import { taskIdHeader } from '../kit/run-task.ts';
import { tellWarnings } from '../kit/warnings-header.ts';
import type { DialectUpload } from './dialect-answers.ts';
import { sendJson } from '../kit/send-json.ts';

export interface DialectParts extends SubmitParts, ModelParts {
  serve: Serve;
  reader: StatusReader;
  actingKey: ActingKey;
  tries: EarlierTries;
  upload: Upload;
  /** Makes a link to a path that works until then (Unix seconds). */
  linkTo: (path: string, expiresAt: number) => string;
  uploadLimits: UploadLimits;
  /** How long pictures of tasks are kept by default. */
  pictureLifetimeSeconds: number;
  /** Beginning of paths that a proxy takes off, without a slash at its end. */
  publicPath: () => string;
  clock: Clock;
}

export type SubmitCall = Call<Caller, never, undefined, never>;
export type TaskCall = Call<Caller, 'id', undefined, never>;

export interface AcceptedTask {
  taskId: string;
  /** The model's canonical name. */
  model: string;
  /** Unix seconds. */
  created: number;
  /** Sentences on what was ignored or changed; absent when nothing was. */
  warned: { warnings?: string[] };
}

/** Reading of what a dialect takes out of a body before it is read as every submit, with sentences on what it can't. */
export type Adapt = (body: Body) => { body: Body; warnings: string[] };

/** Submits a task. Without an action a task with pictures is an edit. Rejects with `RequestError`. */
export async function submitAs(
  parts: DialectParts,
  call: SubmitCall,
  { action, adapt }: { action?: TaskAction; adapt?: Adapt } = {},
): Promise<AcceptedTask> {
  const { request, reply } = call;
  const read = (given: Body) => {
    refuseDryRun(request.query, given);
    const { body, warnings: own } = adapt?.(given) ?? { body: given, warnings: [] };
    const { submission, warnings: others } = readSubmission(action, body, parts.limits);
    const warnings = [...own, ...others];
    const { model } = submission;
    const created = unixSeconds(parts.clock.now());
    const warned = warnings.length === 0 ? {} : { warnings };
    return {
      submissions: [submission],
      // A repeat finds its task by this text, so it is the one that is kept, in no dialect's words.
      answer: ([taskId = '']: string[]) =>
        JSON.stringify({ taskId, model, created, warned } satisfies AcceptedTask),
    };
  };
  const text = await takeSubmit(parts, call, read, { tried: { tries: parts.tries } });
  const accepted = JSON.parse(text) as AcceptedTask;
  reply.header(taskIdHeader, accepted.taskId);
  tellWarnings(reply, accepted.warned.warnings ?? []);
  return accepted;
}

/** A dialect has no answer that would be one to a dry run, and a task would be paid. */
function refuseDryRun(query: unknown, { fields }: Body): void {
  if (isDryRun(query, fields))
    throw invalid([{ path: 'dry_run', message: 'is not taken here, but by POST /v1/images/generations' }]);
}

export interface AskedTask {
  task: TaskData;
  shown: StatusText;
}

/** Reads the task that a call asks for. Rejects with `RequestError` (`not_found`). */
export async function readTask(
  { reader, actingKey }: Pick<DialectParts, 'reader' | 'actingKey'>,
  { caller, params }: Pick<TaskCall, 'caller' | 'params'>,
): Promise<AskedTask> {
  const shown = await reader.read(params.id, await actingKey(caller, params.id));
  if (shown === null) throw unknownTask();
  return { task: JSON.parse(shown.text) as TaskData, shown };
}

export function sendTask(reply: FastifyReply, { cost }: StatusText, body: object): FastifyReply {
  return sendJson(reply.header(costHeader, cost), body);
}

/** Keeps a picture to use as an input, and answers as APIMart and ToAPIs both do. */
export async function uploadImage(
  { bodies, upload, linkTo, uploadLimits: limits }: DialectParts,
  { caller, request, reply }: SubmitCall,
): Promise<FastifyReply> {
  const gone = untilGone(reply);
  const file = await bodies.use(
    request.raw,
    { keyId: caller.keyId, limit: limits.maxBodyBytes, takesPictures: true, wanted: uploadMembers },
    (body) => upload({ caller, ...readUpload(body, limits) }, gone),
  );
  const expiresAt = unixSeconds(file.expiresAt);
  const url = linkTo(filePath(file.id, file.fileName), expiresAt);
  return sendJson(reply, {
    success: true,
    message: '',
    url,
    filename: file.fileName,
    content_type: file.content_type,
    bytes: file.bytes,
    created_at: unixSeconds(file.createdAt),
    expires_at: expiresAt,
    data: { id: file.id, url, mime_type: file.content_type, size: file.bytes },
  } satisfies DialectUpload);
}
