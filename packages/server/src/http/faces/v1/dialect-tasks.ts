// Tasks in the words of the dialects.

import type { TaskData, TaskErrorType } from '@plantain/client';
import { codeOf } from '../../refusals/envelope.ts';
import type { ApimartTask, EvolinkTask, Sub2apiTask } from './dialect-answers.ts';
import { sub2apiFailure } from './dialect-forms.ts';

/** Members of a task that all dialects have, by whatever names. */
function read(task: TaskData) {
  const created = Number(task.create_time);
  const { state, estimated_finish: finish, expires_at: expiresAt, warnings } = task;
  return {
    created,
    ended: state === 'succeeded' || state === 'error' ? Number(task.update_time) : undefined,
    progress: Math.round(task.progress * 100),
    urls: task.data.images.map(({ url }) => url),
    expiresAt: expiresAt === undefined ? undefined : Number(expiresAt),
    estimated: finish === undefined ? {} : { estimated_time: Math.max(0, Number(finish) - created) },
    warned: warnings === undefined ? {} : { warnings },
  };
}

const running = { pending: 'pending', running: 'processing', succeeded: 'completed' } as const;
const microUsd = 1_000_000;

export function apimartTask(task: TaskData): ApimartTask {
  const { task_id: id, state, error, msg, cost } = task;
  const { created, ended, progress, urls, expiresAt, estimated, warned } = read(task);
  const charged = cost?.charged_micro_usd ?? undefined;
  const failed = error?.type === 'cancelled' ? 'cancelled' : 'failed';
  return {
    code: 200,
    data: {
      id,
      status: state === 'error' ? failed : running[state],
      progress,
      created,
      ...(ended === undefined ? {} : { completed: ended, actual_time: Math.max(0, ended - created) }),
      ...estimated,
      ...(charged === undefined ? {} : { cost: charged / microUsd }),
      ...(state === 'succeeded' ? { result: { images: urls.map((url) => imageOf(url, expiresAt)) } } : {}),
      ...(error === undefined ? {} : { error: { code: codeOf[error.type], message: msg, type: error.type } }),
      ...warned,
    },
  };
}

function imageOf(url: string, expiresAt: number | undefined) {
  return expiresAt === undefined ? { url: [url] } : { url: [url], expires_at: expiresAt };
}

/** https://docs.evolink.ai/en/api-manual/task-management/error-codes */
const evolinkCodes: Record<TaskErrorType, string> = {
  content_rejected: 'content_policy_violation',
  no_image: 'generation_failed_no_content',
  upstream_bad_request: 'invalid_parameters',
  input_unreachable: 'image_processing_error',
  cancelled: 'request_cancelled',
  deadline_exceeded: 'generation_timeout',
  upstream_rate_limited: 'resource_exhausted',
  upstream_quota: 'resource_exhausted',
  upstream_unavailable: 'service_unavailable',
  upstream_billing: 'service_error',
  upstream_auth: 'service_error',
  internal: 'service_error',
};

export function evolinkTask(task: TaskData): EvolinkTask {
  const { task_id: id, model, state, error, msg } = task;
  const { created, ended, progress, urls, expiresAt, estimated, warned } = read(task);
  const [url] = urls;
  return {
    ...evolinkBeginning(id, model, created),
    status: state === 'error' ? 'failed' : running[state],
    progress,
    task_info: { type: 'image', can_cancel: ended === undefined, ...estimated },
    results: urls,
    ...(ended === undefined ? {} : { completed_at: ended }),
    ...(url === undefined ? {} : { url }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(state === 'succeeded'
      ? { result: { type: 'image', data: urls.map((each) => ({ url: each })) } }
      : {}),
    ...(error === undefined ? {} : { error: { code: evolinkCodes[error.type], message: msg } }),
    ...warned,
  };
}

/** A task that was accepted just now; `created` in Unix seconds. */
export function evolinkBeginning(id: string, model: string, created: number): EvolinkTask {
  return {
    id,
    object: 'image.generation.task',
    type: 'image',
    model,
    status: 'pending',
    progress: 0,
    created,
    created_at: created,
    task_info: { type: 'image', can_cancel: true },
    results: [],
  };
}

/** `lifetimeSeconds` is how long pictures are kept by default. */
export function sub2apiTask(task: TaskData, lifetimeSeconds: number): Sub2apiTask {
  const { task_id: id, state, error, msg } = task;
  const { created, ended, urls, expiresAt, warned } = read(task);
  const [url] = urls;
  return {
    id,
    task_id: id,
    object: 'image.generation.task',
    status: state === 'succeeded' ? 'completed' : state === 'error' ? 'failed' : 'processing',
    created_at: created,
    ...(ended === undefined ? {} : { completed_at: ended }),
    expires_at: expiresAt ?? (ended ?? created) + lifetimeSeconds,
    ...(state === 'succeeded' && ended !== undefined
      ? {
          http_status: 200,
          ...(url === undefined ? {} : { image_url: url }),
          result: { created: ended, data: urls.map((each) => ({ url: each })) },
        }
      : {}),
    ...(error === undefined ? {} : sub2apiFailure(error.type, msg)),
    ...warned,
  };
}
