// Many tasks submitted at once, under one id: all are accepted or none.

import type { BatchCancelData } from '@plantain/client';
import type { CancelTask } from '../../../core/commands/cancel-task.ts';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import { newTaskId } from '../../../lib/ids.ts';
import { secondsText } from '../../../lib/time/unix-time.ts';
import { orInBody, readKey, tasksKey } from '../../access/access.ts';
import type { ActingKey } from '../../access/own-task.ts';
import type { Face } from '../../app.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { batchBody } from '../../openapi/submit-body.ts';
import { tasksPath } from '../../paths.ts';
import { bodyAsGiven, data, queryAsGiven, uuidInPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { readBatch } from '../../submit/batch-submission.ts';
import { describeDryRun } from '../../submit/dry-run-answer.ts';
import { type SubmitParts, takeSubmit } from '../../submit/take-submit.ts';
import { shownProgress } from '../../views/task-view.ts';
import { idempotencyKey, refusedSubmit, replayed } from './task-forms.ts';

const path = `${tasksPath}/batch`;
const ofBatch = {
  tag: 'Batches',
  access: tasksKey,
  params: { id: uuidInPath('The batch’s id', answerExamples.Batch.batch_id) },
  refusals: ['not_found'],
} as const;

export const batchRoutes = {
  submitBatch: route({
    method: 'post',
    path,
    tag: 'Batches',
    summary: 'Submit up to 1,000 tasks: all are accepted or none',
    access: orInBody(tasksKey),
    counts: 'submit',
    query: queryAsGiven(describeDryRun),
    headers: [idempotencyKey],
    body: bodyAsGiven(() => batchBody),
    answers: data('Batch', 'Accepted', replayed),
    refusals: refusedSubmit,
  }),
  getBatch: route({
    ...ofBatch,
    access: readKey,
    method: 'get',
    path: `${path}/{id}`,
    summary: 'Ask for a batch',
    answers: data('BatchStatus', 'The batch and the state of each of its tasks'),
  }),
  cancelBatch: route({
    ...ofBatch,
    method: 'post',
    path: `${path}/{id}/cancel`,
    summary: 'Cancel the tasks of a batch that have not ended',
    answers: data('BatchCancel', 'What became of its tasks'),
  }),
  deleteBatch: route({
    ...ofBatch,
    method: 'delete',
    path: `${path}/{id}`,
    summary: 'Cancel a batch, called as a deletion',
    answers: data('BatchCancel', 'What became of its tasks'),
  }),
};

export interface BatchesParts extends SubmitParts {
  serve: Serve;
  store: Pick<TaskReads, 'batch'>;
  /** For a batch. */
  actingKey: ActingKey;
  cancel: CancelTask;
}

interface OfBatch {
  caller: Caller;
  params: { id: string };
}

export function batchesFace(parts: BatchesParts): Face {
  const { serve, limits } = parts;
  return serve(batchRoutes, {
    async submitBatch(call) {
      const dataText = await takeSubmit(parts, call, async (body) => {
        const { submissions, warnings } = await readBatch(body, limits);
        const batchId = newTaskId();
        const said = warnings.length === 0 ? {} : { warnings };
        return {
          submissions,
          batchId,
          answer: (taskIds) => JSON.stringify({ batch_id: batchId, task_ids: taskIds, ...said }),
        };
      });
      return { dataText };
    },
    async getBatch(call) {
      const { tasks } = await own(parts, call);
      const counts = { pending: 0, running: 0, succeeded: 0, error: 0 };
      for (const { state } of tasks) counts[state] += 1;
      const done = tasks.reduce(
        (sum, { state, progress }) => sum + (state === 'succeeded' || state === 'error' ? 1 : progress),
        0,
      );
      return {
        batch_id: call.params.id,
        create_time: secondsText(tasks[0]?.createdAt ?? 0),
        total: tasks.length,
        ...counts,
        progress: shownProgress(done / tasks.length),
        tasks: tasks.map(({ id, state }) => ({ task_id: id, state })),
      };
    },
    cancelBatch: (call) => cancelBatch(parts, call),
    deleteBatch: (call) => cancelBatch(parts, call),
  });
}

/** Tasks of a batch, and their key, for whoever may see them. Rejects with `RequestError` (`not_found`). */
async function own(
  { store, actingKey }: Pick<BatchesParts, 'store' | 'actingKey'>,
  { caller, params }: OfBatch,
) {
  const keyId = await actingKey(caller, params.id);
  const tasks = await store.batch(params.id, keyId);
  if (tasks.length === 0) throw new RequestError('not_found', 'This key has no batch with this id.');
  return { tasks, keyId };
}

async function cancelBatch(parts: BatchesParts, call: OfBatch): Promise<BatchCancelData> {
  const { tasks, keyId } = await own(parts, call);
  const outcomes = await Promise.all(tasks.map(({ id }) => parts.cancel(id, keyId)));
  const count = (outcome: string) => outcomes.filter((each) => each === outcome).length;
  return {
    batch_id: call.params.id,
    cancelled: count('cancelled'),
    cancel_requested: count('requested'),
    already_final: count('final'),
  };
}
