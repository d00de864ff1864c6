// Runs of apps that wait for the result, as fal.run has them.

import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import { jsonType } from '../../answer.ts';
import { mayHaveCost } from '../../refusals/face-form.ts';
import type { Call } from '../../route/route.ts';
import { faceRefusalOf } from '../kit/face-scope.ts';
import { type RunTask, taskIdHeader } from '../kit/run-task.ts';
import { readAsking } from './asked.ts';
import { falForm } from './fal-form.ts';
import { type QueueParts, requestIdHeader, sendResult } from './queue.ts';
import { falPictures, readInput } from './read-input.ts';

type RunCall = Call<Caller, 'owner' | 'alias', unknown, never>;

/** Statuses for which the library runs the app again (npm @fal-ai/client 1.10.1, retry.js), as a request of its own. */
const triedAgain: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function runCalls(parts: QueueParts & { runTask: RunTask }) {
  return {
    async falRun(call: RunCall): Promise<FastifyReply> {
      const { params, request, reply } = call;
      const asked = readAsking(params, request.headers, {
        longestSeconds: parts.limits.maxPictureLifetimeSeconds,
      });
      try {
        const { task } = await parts.runTask(call, {
          pictures: falPictures,
          read: (body) => readInput(asked, body, parts.limits),
        });
        return await sendResult(parts, reply, task);
      } catch (error) {
        return refuse(call, error);
      }
    },
  };
}

/**
 * Refuses. Once there is a task, a status for which the library runs the app again becomes 500: the task goes on and is found by its
 * id, or a repeat would fail again or be paid once more. Rejects with all other errors.
 */
function refuse({ answers, request, reply }: RunCall, error: unknown): FastifyReply {
  const id = reply.getHeader(taskIdHeader);
  if (id === undefined) throw error;
  const refusal = faceRefusalOf(answers, request, reply, error);
  const { status, headers = {}, body } = falForm.refuse(refusal);
  const { task } = refusal;
  const mayRepeat = task?.failure?.retryable === true && !mayHaveCost(task);
  const isStopping = error instanceof RequestError && error.type === 'overloaded';
  const message = `The server is stopping. The request goes on: its result is that of ${String(id)} in the queue.`;
  return reply
    .code(triedAgain.has(status) && !mayRepeat && status !== 504 ? 500 : status)
    .header(requestIdHeader, id)
    .headers(headers)
    .type(jsonType)
    .send(JSON.stringify(isStopping ? { ...body, detail: message, message } : body));
}
