// The vendor's v1 family: the same tasks without an envelope, with integers for times and 0..100 for progress.

import type { FastifyReply } from 'fastify';
import type { TaskData } from '@plantain/client';
import { type ActingKey, unknownTask } from '../../access/own-task.ts';
import { jsonType } from '../../answer.ts';
import type { Face } from '../../app.ts';
import type { V1Error, V1Task } from '../../openapi/answer-types.ts';
import { codeOf, type Refusal } from '../../refusals/envelope.ts';
import {
  isSynchronousCall,
  refuseSynchronous,
  SynchronousCallError,
  synchronousBody,
} from '../../refusals/openai-sdk.ts';
import type { Serve } from '../../route/serve.ts';
import type { StatusReader } from '../../status/status-reader.ts';
import { readSubmission } from '../../submit/submission.ts';
import { type SubmitParts, takeSubmit } from '../../submit/take-submit.ts';
import { costHeader } from '../../views/task-cost.ts';
import { v1Root, v1Routes } from './v1-routes.ts';

export interface V1Parts extends SubmitParts {
  serve: Serve;
  reader: StatusReader;
  actingKey: ActingKey;
}

export function v1Face(parts: V1Parts): Face {
  const calls = v1Calls(parts);
  return (app, answers) => {
    void app.register(
      (scope, _options, done) => {
        scope.setErrorHandler((error, request, reply) => {
          const refusal = answers.refuse(request, reply, error);
          if (error instanceof SynchronousCallError) return sendSynchronousRefusal(reply, refusal);
          return sendRefusal(reply, refusal);
        });
        scope.setNotFoundHandler((request, reply) => {
          const isCall = request.method === 'POST' && isSynchronousCall(request.url);
          if (isCall) refuseSynchronous(request.headers, { inQuery: undefined });
          return sendRefusal(reply, answers.noRoute(request, reply));
        });
        calls(scope, answers);
        done();
      },
      { prefix: v1Root },
    );
  };
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

function sendSynchronousRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return reply
    .code(refusal.status)
    .header('X-Should-Retry', 'false')
    .type(jsonType)
    .send(JSON.stringify(synchronousBody(refusal)));
}

/** Without an envelope, but for the members in which programs look for the sentence. */
function sendRefusal(reply: FastifyReply, { status, type, message, details }: Refusal): FastifyReply {
  const error = { code: status, message, type, ...(details === undefined ? {} : { details }) };
  const body: V1Error = { error, msg: message, message };
  return reply.code(status).type(jsonType).send(JSON.stringify(body));
}
