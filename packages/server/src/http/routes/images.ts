// The vendor's sibling family: the same tasks without an envelope, with integers for times and 0..100 for progress.

import type { TaskData } from '@plantain/client';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import type { Face } from '../app.ts';
import { jsonType } from '../answer.ts';
import { codeOf, type Refusal } from '../refusals/envelope.ts';
import {
  isSynchronousCall,
  refuseSynchronous,
  SynchronousCallError,
  synchronousBody,
} from '../refusals/openai-sdk.ts';
import type { StatusReader } from '../status/status-reader.ts';
import { readSubmission } from '../submit/submission.ts';
import { type SubmitParts, takeSubmit } from '../submit/take-submit.ts';

export function imagesFace(parts: SubmitParts & { reader: StatusReader }): Face {
  return (app, answers) => {
    const add = (scope: FastifyInstance, _options: unknown, done: () => void) => {
      const sendRefusal = (reply: FastifyReply, refusal: Refusal) =>
        reply
          .code(refusal.status)
          .type(jsonType)
          .send(JSON.stringify(errorBody(refusal)));
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

      // With or without ?async=true: clients that leave it out expect an id all the same. One call serves both actions.
      scope.post('/images/generations', async (request, reply) => {
        const { async: inQuery } = request.query as Record<string, unknown>;
        const answer = await takeSubmit(parts, request, reply, (body) => {
          refuseSynchronous(request.headers, { inQuery, inBody: body.fields['async'] });
          const { submission, warnings } = readSubmission(undefined, body, parts.limits);
          const said = warnings.length === 0 ? {} : { warnings };
          return {
            submissions: [submission],
            answer: ([id]) => JSON.stringify({ id, task_id: id, ...said }),
          };
        });
        return reply.type(jsonType).send(answer);
      });

      scope.get<{ Params: { id: string } }>('/tasks/:id', async (request, reply) => {
        const { keyId } = await parts.authorize(request.headers.authorization);
        const data = await parts.reader.read(request.params.id.toLowerCase(), keyId);
        if (data === null) throw new RequestError('not_found', 'This key has no task with this id.');
        return reply
          .header('Cache-Control', 'no-store')
          .type(jsonType)
          .send(JSON.stringify(taskBody(JSON.parse(data.text) as TaskData)));
      });
      done();
    };
    void app.register(add, { prefix: '/v1' });
  };
}

/** Why it failed stands in each place where programs for this family look. */
function taskBody(task: TaskData) {
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
function errorBody({ status, type, message, details }: Refusal) {
  const error = { code: status, message, type, ...(details === undefined ? {} : { details }) };
  return { error, msg: message, message };
}
