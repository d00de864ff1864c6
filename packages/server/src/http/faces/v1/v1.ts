// The vendor's v1 family: the same tasks without an envelope, with integers for times and 0..100 for progress.

import type { TaskData } from '@plantain/client';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import { jsonType } from '../../answer.ts';
import type { Face } from '../../app.ts';
import type { V1Submit, V1Task } from './answers.ts';
import { codeOf } from '../../refusals/envelope.ts';
import { isSynchronousCall, refuseSynchronous } from '../../refusals/openai-sdk.ts';
import { warningsOf } from '../../submit/dry-run-answer.ts';
import { readSubmission } from '../../submit/submission.ts';
import { takeSubmit } from '../../submit/take-submit.ts';
import { faceScope } from '../kit/face-scope.ts';
import { tellWarnings } from '../kit/warnings-header.ts';
import { type DialectParts, readTask, sendTask } from './dialect-calls.ts';
import { v1Root } from './dialect-routes.ts';
import { v1DialectCalls } from './dialects.ts';
import { v1Form } from './v1-form.ts';
import { v1Routes } from './v1-routes.ts';

export function v1Face(parts: DialectParts): Face {
  return faceScope({
    prefix: v1Root,
    form: v1Form,
    faces: [v1Calls(parts), v1DialectCalls(parts)],
    beforeUnknown({ method, url, headers }) {
      if (method === 'POST' && isSynchronousCall(url)) refuseSynchronous(headers, { inQuery: undefined });
    },
  });
}

function v1Calls(parts: DialectParts): Face {
  return parts.serve(v1Routes, {
    async submitV1(call) {
      const { query, request, reply } = call;
      const answer = await takeSubmit(parts, call, (body) => {
        refuseSynchronous(request.headers, { inQuery: query['async'], inBody: body.fields['async'] });
        const { submission, warnings } = readSubmission(undefined, body, parts.limits);
        const said = warnings.length === 0 ? {} : { warnings };
        const { model } = submission;
        const created = unixSeconds(parts.clock.now());
        return {
          submissions: [submission],
          answer: ([id = '']) =>
            JSON.stringify({
              id,
              task_id: id,
              object: 'image.generation.task',
              model,
              status: 'pending',
              progress: 0,
              created,
              ...said,
            } satisfies V1Submit),
        };
      });
      // A repeat has the warnings of the first try.
      tellWarnings(reply, warningsOf(answer) ?? []);
      return reply.type(jsonType).send(answer);
    },
    async getTaskV1(call) {
      const { task, shown } = await readTask(parts, call);
      return sendTask(call.reply, shown, taskBody(task));
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
