import { expect, test } from 'vitest';
import type { BatchPhase, KnownBatch } from '../../kit/client-batches.ts';
import { operationOf } from './operation.ts';
import type { BatchSaid } from './read-batch.ts';

const id = '019ab1c2-7d1e-7c3a-9a54-2f8f0c9d4e10';

function batchOf(
  phase: BatchPhase,
  counts: Partial<KnownBatch<BatchSaid>['counts']> = {},
): KnownBatch<BatchSaid> {
  return {
    id,
    keyId: 'key',
    createdAt: 0,
    expiresAt: 1,
    said: { model: 'models/nano-banana', isInline: true },
    total: 3,
    isSubmitted: true,
    phase,
    counts: { total: 3, succeeded: 0, failed: 0, cancelled: 0, late: 0, finishedAt: null, ...counts },
  };
}

test.each([
  ['validating', { total: 0 }, { state: 'BATCH_STATE_PENDING', numbers: ['3', '0', '0', '3'] }],
  ['in_progress', { succeeded: 1 }, { state: 'BATCH_STATE_RUNNING', numbers: ['3', '1', '0', '2'] }],
  ['cancelling', { failed: 1 }, { state: 'BATCH_STATE_RUNNING', numbers: ['3', '0', '1', '2'] }],
  // One of the tasks was deleted.
  [
    'completed',
    { total: 2, succeeded: 2 },
    { state: 'BATCH_STATE_SUCCEEDED', numbers: ['3', '2', '1', '0'] },
  ],
  ['expired', { failed: 3 }, { state: 'BATCH_STATE_EXPIRED', numbers: ['3', '0', '3', '0'], error: 4 }],
  ['cancelled', { failed: 3 }, { state: 'BATCH_STATE_CANCELLED', numbers: ['3', '0', '3', '0'], error: 1 }],
  ['failed', { total: 0 }, { state: 'BATCH_STATE_FAILED', numbers: ['3', '0', '3', '0'], error: 14 }],
] as const)(
  'a batch that is %s has Google’s state, numbers and error',
  (phase, counts, { state, numbers, ...said }) => {
    const { metadata, done, error } = operationOf(batchOf(phase, counts));
    expect(metadata.state).toBe(state);
    const { requestCount, successfulRequestCount, failedRequestCount, pendingRequestCount } =
      metadata.batchStats;
    expect([requestCount, successfulRequestCount, failedRequestCount, pendingRequestCount]).toEqual(numbers);
    expect(error?.code).toBe('error' in said ? said.error : undefined);
    expect(done).toBe(/PENDING|RUNNING/.test(state) ? undefined : true);
  },
);

test('responses of too many bytes are a file, which every batch that has ended has', () => {
  const responsesFile = `files/batch-${id}`;
  expect(operationOf(batchOf('completed')).metadata.output).toEqual({ responsesFile });
  const inline = operationOf(batchOf('completed'), { isInline: true });
  expect(inline.metadata.output).toBeUndefined();
  expect(inline.response?.responsesFile).toBe(responsesFile);
  expect(operationOf(batchOf('failed')).metadata.output).toBeUndefined();
});
