// The calls around batches in the document.

import { answerExamples } from './examples.ts';
import type { Operation } from './operation.ts';
import { inPath } from './parameters.ts';
import { answer, header } from './responses.ts';
import { batchBody } from './submit-body.ts';
import { idempotencyKey, refusedSubmit, root } from './task-operations.ts';

const batchId = inPath('id', 'The batch’s id', answerExamples.Batch.batch_id);

export const batchOperations: readonly Operation[] = [
  {
    id: 'submitBatch',
    method: 'post',
    path: `${root}/batch`,
    tag: 'Batches',
    summary: 'Submit up to 1,000 tasks: all are accepted or none',
    parameters: [idempotencyKey],
    body: batchBody,
    answers: answer('Batch', 'Accepted', { 'Idempotent-Replayed': header('IdempotentReplayed') }),
    refusals: refusedSubmit,
  },
  {
    id: 'getBatch',
    method: 'get',
    path: `${root}/batch/{id}`,
    tag: 'Batches',
    summary: 'Ask for a batch',
    parameters: [batchId],
    answers: answer('BatchStatus', 'The batch and the state of each of its tasks'),
    refusals: ['not_found'],
  },
  {
    id: 'cancelBatch',
    method: 'post',
    path: `${root}/batch/{id}/cancel`,
    tag: 'Batches',
    summary: 'Cancel the tasks of a batch that have not ended',
    parameters: [batchId],
    answers: answer('BatchCancel', 'What became of its tasks'),
    refusals: ['not_found'],
  },
  {
    id: 'deleteBatch',
    method: 'delete',
    path: `${root}/batch/{id}`,
    tag: 'Batches',
    summary: 'Cancel a batch, called as a deletion',
    parameters: [batchId],
    answers: answer('BatchCancel', 'What became of its tasks'),
    refusals: ['not_found'],
  },
];
