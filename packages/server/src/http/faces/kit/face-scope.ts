// A face of the API for clients of another one: its calls below one prefix, where every refusal, that of a path at which there is nothing
// included, has the form of that other API.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Task } from '../../../core/tasks/task.ts';
import type { Answers } from '../../answer.ts';
import { jsonType } from '../../answer.ts';
import type { Face } from '../../app.ts';
import { codeOf, type Refusal } from '../../refusals/envelope.ts';
import { type FaceForm, type FaceRefusal, TaskFailedError } from '../../refusals/face-form.ts';

export interface FaceScope {
  /** Beginning of every path, such as `/openai/v1`. A prefix has one scope: the framework refuses a second. */
  prefix: string;
  form: FaceForm;
  /** Calls below the prefix. */
  faces: readonly Face[];
  /** Looks at a request for a path at which there is nothing before it is refused, and may throw another refusal. */
  beforeUnknown?: (request: FastifyRequest) => void;
}

export function faceScope({ prefix, form, faces, beforeUnknown }: FaceScope): Face {
  return (app, answers) => {
    answers.sendBelow(prefix, (reply, refusal) => sendFaceRefusal(form, reply, refusal));
    void app.register(
      (scope, _options, done) => {
        scope.setErrorHandler((error, request, reply) =>
          sendFaceRefusal(form, reply, faceRefusalOf(answers, request, reply, error)),
        );
        scope.setNotFoundHandler((request, reply) => {
          beforeUnknown?.(request);
          return sendFaceRefusal(form, reply, answers.noRoute(request, reply, prefix));
        });
        for (const face of faces) face(scope, answers);
        done();
      },
      { prefix },
    );
  };
}

/** Calls of a face whose refusals have another form than the rest of it. */
export function withForm(form: FaceForm, faces: readonly Face[]): Face {
  return (app, answers) => {
    void app.register((scope, _options, done) => {
      scope.setErrorHandler((error, request, reply) =>
        sendFaceRefusal(form, reply, faceRefusalOf(answers, request, reply, error)),
      );
      for (const face of faces) face(scope, answers);
      done();
    });
  };
}

/** Gives what a face may tell of whatever was thrown. A fault of this server is logged. */
export function faceRefusalOf(
  answers: Answers,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
): FaceRefusal {
  if (error instanceof TaskFailedError) return refusalOfTask(error.task, request.id);
  return { ...answers.refuse(request, reply, error), error };
}

/** Gives what a face may tell of a task that failed. */
export function refusalOfTask(task: Task, requestId: string): FaceRefusal {
  const { type = 'internal', message = 'The task failed.' } = task.failure ?? {};
  return { status: codeOf[type], type, message, requestId, details: undefined, task };
}

function sendFaceRefusal(form: FaceForm, reply: FastifyReply, refusal: Refusal | FaceRefusal): FastifyReply {
  const { status, headers = {}, body } = form.refuse(refusal);
  return reply.code(status).headers(headers).type(jsonType).send(JSON.stringify(body));
}
