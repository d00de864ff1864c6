// Many tasks in one call, and what their owner does with one: cancel it, delete it, or try a failed one again.

import type { FastifyReply } from 'fastify';
import type { CancelTask } from '../../../core/commands/cancel-task.ts';
import type { DeleteTask } from '../../../core/commands/delete-task.ts';
import type { RetryTask } from '../../../core/commands/retry-task.ts';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { ListedTask, ShownWith, TaskReads } from '../../../core/tasks/task-reads.ts';
import { renderReady, type TaskViews } from '../../../core/tasks/task-views.ts';
import type { Clock } from '../../../lib/clock.ts';
import { createTurnKeeper } from '../../../lib/turns/turn-keeper.ts';
import { type ActingKey, ownTask, unknownTask } from '../../access/own-task.ts';
import type { Face } from '../../app.ts';
import { hasNoBody } from '../../body/unread-body.ts';
import { readIds, readIncluded, readTaskQuery } from '../../queries/task-query.ts';
import type { DataText } from '../../route/forms.ts';
import type { Given } from '../../route/members.ts';
import type { Serve } from '../../route/serve.ts';
import type { StatusReader } from '../../status/status-reader.ts';
import { shorten } from '../../submit/submit-names.ts';
import { type SubmitParts, takeAgain } from '../../submit/take-submit.ts';
import { taskRequestData } from '../../submit/task-request.ts';
import { costHeader } from '../../views/task-cost.ts';
import { taskRoutes } from './task-routes.ts';

/** How much of a prompt lists show, in characters. */
const promptShown = 200;

export interface TasksParts extends SubmitParts {
  serve: Serve;
  store: Pick<TaskReads, 'find' | 'findListed' | 'list'>;
  views: TaskViews;
  reader: StatusReader;
  actingKey: ActingKey;
  cancel: CancelTask;
  deleteTask: DeleteTask;
  retryTask: RetryTask;
  /** A link to `path` that works until then (Unix seconds). */
  linkTo: (path: string, expiresAt: number) => string;
  clock: Clock;
}

interface OfTask {
  caller: Caller;
  params: { id: string };
}

export function tasksFace(parts: TasksParts): Face {
  const { serve, store, actingKey, deleteTask, retryTask, linkTo, clock } = parts;
  return serve(taskRoutes, {
    listTasks: ({ caller, query }) => listTasks(parts, caller, query),
    cancelTask: (call) => cancelTask(parts, call),
    cancelTaskByDelete: (call) => cancelTask(parts, call),
    async deleteTask({ caller, params: { id } }) {
      const outcome = await deleteTask(id, await actingKey(caller, id));
      if (outcome === 'unknown') throw unknownTask();
      if (outcome === 'open')
        throw new RequestError(
          'conflict',
          'This task has not ended. Cancel it first, and delete it when its state is error or succeeded.',
        );
      return { task_id: id, deleted: true };
    },
    async getTaskRequest({ caller, params }) {
      const task = await ownTask(store, params.id, await actingKey(caller, params.id));
      return taskRequestData(task, { linkTo, now: clock.now() });
    },
    async retryTask(call) {
      const { id } = call.params;
      const { priorityMax } = call.caller;
      const asked = hasNoBody(call.request.raw) ? {} : await call.readBody();
      const outcome = await retryTask(id, await actingKey(call.caller, id), (submission) =>
        takeAgain(parts, call, {
          // Nobody asks for one here: the task may be another key's, or this key's from when it could ask for more.
          submissions: [{ ...submission, priority: Math.min(submission.priority ?? 0, priorityMax) }],
          answer: ([taskId]) => JSON.stringify({ task_id: taskId, retry_of: submission.retryOf }),
          asked,
        }),
      );
      if (typeof outcome === 'string') return { dataText: outcome };
      if (outcome.refused === 'unknown') throw unknownTask();
      if (outcome.refused === 'prompt_deleted')
        throw new RequestError(
          'conflict',
          'The prompt of this task has had its time and was deleted, so it can’t be tried again. Submit a task with its prompt.',
        );
      throw new RequestError(
        'conflict',
        `Only a task that failed can be tried again; the state of this one is ${outcome.refused}.`,
      );
    },
  });
}

async function listTasks(
  { store, views, limits, actingKey }: TasksParts,
  caller: Caller,
  query: Given,
): Promise<DataText> {
  const included = readIncluded(query);
  const shown = { viewKey: views.key, promptLength: included && promptShown };
  if (query['ids'] !== undefined) {
    const ids = readIds(query['ids']);
    const keyIds = await Promise.all(ids.map(async (id) => await actingKey(caller, id)));
    const tasks = await findListed(store, { ids, keyIds }, shown);
    const known = new Set(tasks.map(({ id }) => id));
    const unknown = ids.filter((id) => !known.has(id)).map(shorten);
    return pageOf(await textsOf(views, tasks, included), { unknown });
  }
  const { tasks, next } = await store.list(
    { keyId: caller.keyId, ...readTaskQuery(query, limits.models) },
    shown,
  );
  return pageOf(await textsOf(views, tasks, included), { next_cursor: next });
}

/** Finds tasks by their ids in that order, each as the key beside it. */
async function findListed(
  store: Pick<TaskReads, 'findListed'>,
  { ids, keyIds }: { ids: readonly string[]; keyIds: readonly string[] },
  shown: ShownWith,
): Promise<ListedTask[]> {
  const found = new Map<string, ListedTask>();
  for (const keyId of new Set(keyIds)) {
    const ofKey = ids.filter((_, at) => keyIds[at] === keyId);
    for (const task of await store.findListed(keyId, ofKey, shown)) found.set(task.id, task);
  }
  return ids.flatMap((id) => found.get(id) ?? []);
}

async function cancelTask(
  { cancel, reader, actingKey }: TasksParts,
  { caller, params, reply }: OfTask & { reply: FastifyReply },
): Promise<DataText> {
  const keyId = await actingKey(caller, params.id);
  const outcome = await cancel(params.id, keyId);
  if (outcome === 'final')
    throw new RequestError('conflict', 'This task has ended already, so there is nothing to cancel.');
  const shown = outcome === 'unknown' ? null : await reader.read(params.id, keyId);
  if (shown === null) throw unknownTask();
  reply.header(costHeader, shown.cost);
  return { dataText: shown.text };
}

/** Texts of tasks, which are JSON already, with what is wanted beside them. */
async function textsOf(
  views: TaskViews,
  tasks: readonly ListedTask[],
  included: 'prompt' | undefined,
): Promise<string[]> {
  const keepTurns = createTurnKeeper();
  const texts: string[] = [];
  for (const { source, promptStart } of tasks) {
    // Between two of them: asked for all at once, it would give none of them a later turn.
    await keepTurns();
    const { text } = await renderReady(views, source);
    texts.push(
      included === undefined ? text : `${text.slice(0, -1)},"prompt":${JSON.stringify(promptStart)}}`,
    );
  }
  return texts;
}

/** Texts of tasks are JSON already. */
function pageOf(texts: string[], more: object): DataText {
  return { dataText: `{"tasks":[${texts.join(',')}],${JSON.stringify(more).slice(1)}` };
}
