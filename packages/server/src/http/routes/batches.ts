// Many tasks submitted at once, under one id: all are accepted or none.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CancelTask } from '../../core/tasks/cancel.ts';
import { RequestError } from '../../core/errors.ts';
import type { TaskStore } from '../../core/tasks/task-store.ts';
import { newTaskId } from '../../lib/ids.ts';
import type { Answers } from '../answer.ts';
import type { Face } from '../app.ts';
import { readBatch } from '../submit/batch-submission.ts';
import { statusPath } from '../status/status-fast-path.ts';
import { type SubmitParts, takeSubmit } from '../submit/take-submit.ts';
import { shownProgress } from '../views/task-view.ts';

const path = `${statusPath}batch`;

export function batchesFace(
  parts: SubmitParts & { store: Pick<TaskStore, 'batch'>; cancel: CancelTask },
): Face {
  const { authorize, store, cancel, limits } = parts;
  type OfBatch = FastifyRequest<{ Params: { id: string } }>;

  async function own(request: OfBatch) {
    const { keyId } = await authorize(request.headers.authorization);
    const batchId = request.params.id.toLowerCase();
    const tasks = await store.batch(batchId, keyId);
    if (tasks.length === 0) throw new RequestError('not_found', 'This key has no batch with this id.');
    return { keyId, batchId, tasks };
  }

  const cancelBatch = (answers: Answers) => async (request: OfBatch, reply: FastifyReply) => {
    const { keyId, batchId, tasks } = await own(request);
    const outcomes = await Promise.all(tasks.map(({ id }) => cancel(id, keyId)));
    const count = (outcome: string) => outcomes.filter((each) => each === outcome).length;
    const data = {
      batch_id: batchId,
      cancelled: count('cancelled'),
      cancel_requested: count('requested'),
      already_final: count('final'),
    };
    return answers.success(request, reply, JSON.stringify(data));
  };

  return (app, answers) => {
    app.post(path, async (request, reply) => {
      const answer = await takeSubmit(parts, request, reply, async (body) => {
        const { submissions, warnings } = await readBatch(body, limits);
        const batchId = newTaskId();
        const said = warnings.length === 0 ? {} : { warnings };
        return {
          submissions,
          batchId,
          answer: (taskIds) => JSON.stringify({ batch_id: batchId, task_ids: taskIds, ...said }),
        };
      });
      return answers.success(request, reply, answer);
    });

    app.get<{ Params: { id: string } }>(`${path}/:id`, async (request, reply) => {
      const { batchId, tasks } = await own(request);
      const counts = { pending: 0, running: 0, succeeded: 0, error: 0 };
      for (const { state } of tasks) counts[state] += 1;
      const done = tasks.reduce(
        (sum, { state, progress }) => sum + (state === 'succeeded' || state === 'error' ? 1 : progress),
        0,
      );
      const data = {
        batch_id: batchId,
        create_time: String(Math.floor((tasks[0]?.createdAt ?? 0) / 1000)),
        total: tasks.length,
        ...counts,
        progress: shownProgress(done / tasks.length),
        tasks: tasks.map(({ id, state }) => ({ task_id: id, state })),
      };
      return answers.success(request, reply, JSON.stringify(data));
    });

    app.post<{ Params: { id: string } }>(`${path}/:id/cancel`, cancelBatch(answers));
    app.delete<{ Params: { id: string } }>(`${path}/:id`, cancelBatch(answers));
  };
}
