// Many tasks in one call, and what their owner does with one: cancel it, or try a failed one again.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CancelTask } from '../../core/tasks/cancel.ts';
import type { DeleteTask } from '../../core/tasks/delete-task.ts';
import { RequestError } from '../../core/errors.ts';
import type { Submission } from '../../core/submit/submit.ts';
import type { Task } from '../../core/tasks/task.ts';
import type { ListedTask, TaskReads } from '../../core/tasks/task-store.ts';
import { renderReady, type TaskViews } from '../../core/tasks/task-views.ts';
import type { Clock } from '../../lib/clock.ts';
import { createTurnKeeper } from '../../lib/turns/turn-keeper.ts';
import type { Answers } from '../answer.ts';
import type { Face } from '../app.ts';
import { shorten } from '../submit/submit-names.ts';
import { statusPath } from '../status/status-fast-path.ts';
import type { StatusReader } from '../status/status-reader.ts';
import { type SubmitParts, takeAgain } from '../submit/take-submit.ts';
import { readIds, readIncluded, readTaskQuery } from '../queries/task-query.ts';
import { taskRequestData } from '../submit/task-request.ts';

/** How much of a prompt lists show, in characters. */
const promptShown = 200;

export interface TasksParts extends SubmitParts {
  store: Pick<TaskReads, 'find' | 'findListed' | 'list'>;
  views: TaskViews;
  reader: StatusReader;
  cancel: CancelTask;
  deleteTask: DeleteTask;
  /** A link to `path` that works until then (Unix seconds). */
  linkTo: (path: string, expiresAt: number) => string;
  clock: Clock;
}

export function tasksFace(parts: TasksParts): Face {
  const { authorize, store, views, reader, cancel, deleteTask, linkTo, clock, limits } = parts;
  type OfTask = FastifyRequest<{ Params: { id: string } }>;
  const callerOf = async (request: FastifyRequest) => (await authorize(request.headers.authorization)).keyId;

  async function own(request: OfTask): Promise<Task> {
    const task = await store.find(request.params.id.toLowerCase());
    if (task?.keyId !== (await callerOf(request))) throw unknownTask();
    return task;
  }

  /** Texts of tasks, which are JSON already, with what is wanted beside them. */
  function textsOf(tasks: readonly ListedTask[], included: 'prompt' | undefined): Promise<string[]> {
    const keepTurns = createTurnKeeper();
    return Promise.all(
      tasks.map(async ({ source, promptStart }) => {
        await keepTurns();
        const { text } = await renderReady(views, source);
        return included === undefined
          ? text
          : `${text.slice(0, -1)},"prompt":${JSON.stringify(promptStart)}}`;
      }),
    );
  }

  const cancelOne = (answers: Answers) => async (request: OfTask, reply: FastifyReply) => {
    const keyId = await callerOf(request);
    const id = request.params.id.toLowerCase();
    const outcome = await cancel(id, keyId);
    if (outcome === 'final')
      throw new RequestError('conflict', 'This task has ended already, so there is nothing to cancel.');
    const data = outcome === 'unknown' ? null : await reader.read(id, keyId);
    if (data === null) throw unknownTask();
    return answers.success(request, reply, data.text);
  };

  return (app, answers) => {
    app.get<{ Querystring: Record<string, unknown> }>(statusPath.slice(0, -1), async (request, reply) => {
      const keyId = await callerOf(request);
      const { query } = request;
      const included = readIncluded(query);
      const shown = { viewKey: views.key, promptLength: included && promptShown };
      if (query['ids'] !== undefined) {
        const ids = readIds(query['ids']);
        const tasks = await store.findListed(keyId, ids, shown);
        const known = new Set(tasks.map(({ id }) => id));
        const unknown = ids.filter((id) => !known.has(id)).map(shorten);
        return answers.success(request, reply, pageOf(await textsOf(tasks, included), { unknown }));
      }
      const { tasks, next } = await store.list({ keyId, ...readTaskQuery(query, limits.models) }, shown);
      return answers.success(request, reply, pageOf(await textsOf(tasks, included), { next_cursor: next }));
    });

    app.get<{ Params: { id: string } }>(`${statusPath}:id/request`, async (request, reply) => {
      const data = taskRequestData(await own(request), { linkTo, now: clock.now() });
      return answers.success(request, reply, JSON.stringify(data));
    });

    app.post<{ Params: { id: string } }>(`${statusPath}:id/cancel`, cancelOne(answers));
    app.delete<{ Params: { id: string } }>(`${statusPath}:id`, cancelOne(answers));

    // Not DELETE, which cancels: a task may succeed at that very moment, and nobody who cancels means to lose its pictures.
    app.post<{ Params: { id: string } }>(`${statusPath}:id/delete`, async (request, reply) => {
      const id = request.params.id.toLowerCase();
      const outcome = await deleteTask(id, await callerOf(request));
      if (outcome === 'unknown') throw unknownTask();
      if (outcome === 'open')
        throw new RequestError(
          'conflict',
          'This task has not ended. Cancel it first, and delete it when its state is error or succeeded.',
        );
      return answers.success(request, reply, JSON.stringify({ task_id: id, deleted: true }));
    });

    app.post<{ Params: { id: string } }>(`${statusPath}:id/retry`, async (request, reply) => {
      const task = await own(request);
      if (task.state !== 'error')
        throw new RequestError(
          'conflict',
          `Only a task that failed can be tried again; the state of this one is ${task.state}.`,
        );
      const answer = await takeAgain(parts, request, reply, {
        submissions: [submissionOf(task)],
        answer: ([taskId]) => JSON.stringify({ task_id: taskId, retry_of: task.id }),
      });
      return answers.success(request, reply, answer);
    });
  };
}

function unknownTask(): RequestError {
  return new RequestError('not_found', 'This key has no task with this id.');
}

/** Texts of tasks are JSON already. */
function pageOf(texts: string[], more: object): string {
  return `{"tasks":[${texts.join(',')}],${JSON.stringify(more).slice(1)}`;
}

/** The same as was asked for then, with as much time. */
function submissionOf({ id, action, model, request, createdAt, deadlineAt }: Task): Submission {
  const inputs = request.inputs.map((input, index) => ({ ...input, path: `image_urls[${index}]` }));
  const deadlineSeconds = (deadlineAt - createdAt) / 1000;
  return { ...request, action, model, inputs, deadlineSeconds, retryOf: id };
}
