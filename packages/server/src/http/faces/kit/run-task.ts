// Synchronous calls of faces: a task is submitted as every other, and the call waits until it has ended. The task outlives the call: a
// client that hangs up, and one whose server stops, find it in the console, and get it by a repeat that says it is one.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { Task } from '../../../core/tasks/task.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import type { WaitForNews } from '../../../core/tasks/wait-for-news.ts';
import { ownTask, unknownTask } from '../../access/own-task.ts';
import type { Body } from '../../body/body-fields.ts';
import { untilGone } from '../../connections/client-gone.ts';
import type { OpenWaits } from '../../connections/open-waits.ts';
import { TaskFailedError } from '../../refusals/face-form.ts';
import type { StatusReader } from '../../status/status-reader.ts';
import type { EarlierTries } from '../../submit/earlier-tries.ts';
import type { NestedPictures } from '../../submit/nested-pictures.ts';
import type { ReadSubmission } from '../../submit/submission.ts';
import { type SubmitParts, takeSubmit, type TriedSubmit } from '../../submit/take-submit.ts';
import { costHeader, taskCost } from '../../views/task-cost.ts';
import { tellWarnings } from './warnings-header.ts';

export interface RunTaskParts extends SubmitParts {
  store: Pick<TaskReads, 'find'>;
  reader: StatusReader;
  waitForNews: WaitForNews;
  waits: OpenWaits;
  tries: EarlierTries;
}

/** Request that its lock let in; the call of a route is one. */
export interface TaskCall {
  caller: Caller;
  admitAgain: () => Promise<Caller>;
  request: FastifyRequest;
  reply: FastifyReply;
  count: (caller: Caller, calls: number, asked?: number) => void;
}

/** Task as a face reads it out of a body. */
export interface Asked {
  /** Places of pictures in the body. */
  pictures: NestedPictures;
  /** Reads the body. Throws, or rejects with, `RequestError`. */
  read: (body: Body) => ReadSubmission | Promise<ReadSubmission>;
  /** Whether the call waits for the end, asked once the body was read; else it has the task as it stands. Default: it waits. */
  waits?: () => boolean;
  /** Called once the task is on disk: a face whose answer is a stream begins it here. */
  onAccepted?: (accepted: AcceptedTask) => void;
}

export interface AcceptedTask {
  taskId: string;
  /** Sentences on what was ignored or changed. */
  warnings: string[];
}

/** Task that succeeded, or that the call does not wait for. */
export interface RanTask {
  task: Task;
  /** Sentences on what was ignored or changed, at the submit and later. They stand in a header of the answer already. */
  warnings: string[];
}

/**
 * Submits a task and waits for its end, as one of the open waits of its key. Headers of the answer tell of its id, its cost and its warnings.
 * Rejects with `TaskFailedError`, and `RequestError`: `overloaded` where the server stops meanwhile, `rate_limited` for one wait too many.
 */
export type RunTask = (call: TaskCall, asked: Asked) => Promise<RanTask>;

/**
 * Waits for the end of a task of the key with `keyId`, as one of the open waits of the caller's, and gives the task, also one that failed. Rejects as
 * `RunTask` does. `onWaiting` is called once the call may wait: a face whose answer is a stream begins it there.
 */
export type FollowTask = (
  call: Pick<TaskCall, 'caller' | 'admitAgain' | 'reply'>,
  task: { id: string; keyId: string },
  onWaiting?: () => void,
) => Promise<Task>;

type FollowParts = Pick<RunTaskParts, 'store' | 'reader' | 'waitForNews' | 'waits'>;

export function createFollowTask(parts: FollowParts): FollowTask {
  const { waits } = parts;
  return async (call, { id: taskId, keyId }, onWaiting) => {
    const over = new AbortController();
    const leave = waits.enter(call.caller.keyId, () => over.abort());
    try {
      if (waits.isDraining) throw stopping();
      const gone = untilGone(call.reply);
      onWaiting?.();
      return await untilFinal(parts, call, { taskId, keyId, gone, over: over.signal });
    } finally {
      leave();
    }
  };
}

/** Header of the answer to a call that made a task. */
export const taskIdHeader = 'X-Plantain-Task-Id';

export function createRunTask(parts: RunTaskParts): RunTask {
  const { store, waits, tries } = parts;
  return async (call, asked) => {
    const { caller, reply } = call;
    const over = new AbortController();
    const leave = waits.enter(caller.keyId, () => over.abort());
    try {
      if (waits.isDraining) throw stopping();
      const gone = untilGone(reply);
      const hold = tries.holdFor(reply);
      const { taskId, warnings } = await submitTask(parts, call, asked, () =>
        asked.waits?.() === false ? undefined : hold,
      );
      reply.header(taskIdHeader, taskId);
      tellWarnings(reply, warnings);
      asked.onAccepted?.({ taskId, warnings });
      if (asked.waits?.() === false) return { task: await ownTask(store, taskId, caller.keyId), warnings };
      const task = await untilFinal(parts, call, {
        taskId,
        keyId: caller.keyId,
        gone,
        over: over.signal,
      });
      hold.answers();
      return finish(reply, task, warnings);
    } finally {
      leave();
    }
  };
}

/** Submits a task; without `hold` for a client that asks for it later. Rejects with `RequestError`. */
export async function submitTask(
  parts: SubmitParts & { tries: EarlierTries },
  call: Pick<TaskCall, 'caller' | 'request' | 'reply' | 'count'>,
  { pictures, read }: Pick<Asked, 'pictures' | 'read'>,
  hold?: TriedSubmit['hold'],
): Promise<AcceptedTask> {
  const text = await takeSubmit(
    parts,
    call,
    async (body) => {
      const { submission, warnings } = await read(body);
      const answer = ([taskId = '']: string[]) => JSON.stringify({ taskId, warnings } satisfies AcceptedTask);
      return { submissions: [submission], answer };
    },
    { pictures, tried: { tries: parts.tries, ...(hold === undefined ? {} : { hold }) } },
  );
  return JSON.parse(text) as AcceptedTask;
}

/** Gives the task once it has ended. Rejects with the reason of `gone` when the client hung up. */
async function untilFinal(
  { store, reader, waitForNews, waits }: FollowParts,
  { admitAgain }: Pick<TaskCall, 'admitAgain'>,
  { taskId, keyId, gone, over }: { taskId: string; keyId: string; gone: AbortSignal; over: AbortSignal },
): Promise<Task> {
  const isNews = async () => {
    // The key may be revoked while its call waits.
    await admitAgain();
    const shown = await reader.read(taskId, keyId);
    return shown === null || shown.isFinal;
  };
  const signal = AbortSignal.any([gone, over]);
  for (;;) {
    await waitForNews(taskId, { isNews, timeoutMs: lookMs, signal });
    gone.throwIfAborted();
    await admitAgain();
    const task = await store.find(taskId, keyId);
    if (task === null) throw unknownTask();
    if (task.finishedAt !== null) return task;
    if (waits.isDraining || over.aborted) throw stopping();
  }
}

/** Time after which a wait is begun anew. A task ends at its deadline at the latest. */
const lookMs = 3_600_000;

function finish(reply: FastifyReply, task: Task, warnings: readonly string[]): RanTask {
  const { charged_micro_usd: charged, reserved_micro_usd: reserved } = taskCost(task);
  const all = [...warnings, ...(task.result?.warnings ?? [])];
  // A stream has its headers behind it.
  if (!reply.raw.headersSent) {
    reply.header(costHeader, String(charged ?? reserved));
    tellWarnings(reply, all);
  }
  if (task.state !== 'succeeded') throw new TaskFailedError(task);
  return { task, warnings: all };
}

/** The client's own retry, which says that it is one, gets the task again. */
function stopping(): RequestError {
  return new RequestError(
    'overloaded',
    'The server is stopping. The task goes on: send the same request again with its Idempotency-Key, or as a retry, and get it.',
    { retryAfterSeconds: 2 },
  );
}
