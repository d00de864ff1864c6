// The vendor's v1 family: the same tasks without an envelope, with integers for times and 0..100 for progress.

import type { TaskData } from '@plantain/client';
import { type ActingKey, unknownTask } from '../../access/own-task.ts';
import { jsonType } from '../../answer.ts';
import type { Face } from '../../app.ts';
import type { V1Task } from '../../openapi/answer-types.ts';
import { codeOf } from '../../refusals/envelope.ts';
import { isSynchronousCall, refuseSynchronous } from '../../refusals/openai-sdk.ts';
import type { Serve } from '../../route/serve.ts';
import type { StatusReader } from '../../status/status-reader.ts';
import { readSubmission } from '../../submit/submission.ts';
import { type SubmitParts, takeSubmit } from '../../submit/take-submit.ts';
import { costHeader } from '../../views/task-cost.ts';
import { faceScope } from '../kit/face-scope.ts';
import { v1Form } from './v1-form.ts';
import { v1Root, v1Routes } from './v1-routes.ts';

export interface V1Parts extends SubmitParts {
  serve: Serve;
  reader: StatusReader;
  actingKey: ActingKey;
}

export function v1Face(parts: V1Parts): Face {
  return faceScope({
    prefix: v1Root,
    form: v1Form,
    faces: [v1Calls(parts)],
    beforeUnknown({ method, url, headers }) {
      if (method === 'POST' && isSynchronousCall(url)) refuseSynchronous(headers, { inQuery: undefined });
    },
  });
}

function v1Calls(parts: V1Parts): Face {
  return parts.serve(v1Routes, {
    async submitV1(call) {
      const { query, request, reply } = call;
      const answer = await takeSubmit(parts, call, (body) => {
        refuseSynchronous(request.headers, { inQuery: query['async'], inBody: body.fields['async'] });
        const { submission, warnings } = readSubmission(undefined, body, parts.limits);
        const said = warnings.length === 0 ? {} : { warnings };
        return {
          submissions: [submission],
          answer: ([id]) => JSON.stringify({ id, task_id: id, ...said }),
        };
      });
      return reply.type(jsonType).send(answer);
    },
    async getTaskV1({ caller, params, reply }) {
      const shown = await parts.reader.read(params.id, await parts.actingKey(caller, params.id));
      if (shown === null) throw unknownTask();
      return reply
        .header('Cache-Control', 'no-store')
        .header(costHeader, shown.cost)
        .type(jsonType)
        .send(JSON.stringify(taskBody(JSON.parse(shown.text) as TaskData)));
    },
  });
}

/** Why it failed stands in each place where programs for this family look. */
function taskBody(task: TaskData): V1Task {
  const { task_id, state, progress, create_time, update_time, action, data, msg, error } = task;
  const failed =
    error === undefined ? {} : { error: { code: codeOf[error.type], message: msg, type: error.type } };
  return {
    id: task_id,
    state,
    progress: Math.round(progress * 100),
    create_time: Number(create_time),
    update_time: Number(update_time),
    action,
    data: msg === '' ? data : { ...data, description: msg },
    ...(msg === '' ? {} : { message: msg }),
    ...failed,
  };
}
