// A batch as Gemini's clients see it.

import type { BatchPhase, KnownBatch } from '../../kit/client-batches.ts';
import type { GeminiBatch, GeminiBatchStats, GeminiStatus } from './answers.ts';
import type { BatchSaid } from './read-batch.ts';
import { rpcStatus } from './rpc-status.ts';

const states: Record<BatchPhase, GeminiBatch['metadata']['state']> = {
  validating: 'BATCH_STATE_PENDING',
  in_progress: 'BATCH_STATE_RUNNING',
  cancelling: 'BATCH_STATE_RUNNING',
  completed: 'BATCH_STATE_SUCCEEDED',
  failed: 'BATCH_STATE_FAILED',
  cancelled: 'BATCH_STATE_CANCELLED',
  expired: 'BATCH_STATE_EXPIRED',
};

const errors: Partial<Record<BatchPhase, GeminiStatus>> = {
  failed: rpcStatus('UNAVAILABLE', 'The server stopped before it had accepted the batch. Make it again.'),
  cancelled: rpcStatus('CANCELLED', 'The batch was cancelled.'),
  expired: rpcStatus('DEADLINE_EXCEEDED', 'Some requests came to their deadline.'),
};

const ended: ReadonlySet<BatchPhase> = new Set(['completed', 'failed', 'cancelled', 'expired']);
export const hasEnded = ({ phase }: Pick<KnownBatch<BatchSaid>, 'phase'>): boolean => ended.has(phase);

/** Whether there are responses to read. */
export const hasResponses = (batch: Pick<KnownBatch<BatchSaid>, 'phase'>): boolean =>
  hasEnded(batch) && batch.phase !== 'failed';

const nameOf = (id: string): string => `batches/${id}`;
const responsesFileOf = (id: string): string => `files/batch-${id}`;

const typeOf = (name: string) => `type.googleapis.com/google.ai.generativelanguage.v1beta.${name}`;
const timeOf = (at: number) => new Date(at).toISOString();

/**
 * Gives a batch without its responses, and with the file of them where it names one. The file is in `response` also where the responses stand in
 * the batch: so programs that look there find them.
 */
export function operationOf(batch: KnownBatch<BatchSaid>, { isInline = false } = {}): GeminiBatch {
  const { id, said, phase, createdAt, counts } = batch;
  const error = errors[phase];
  const responsesFile = responsesFileOf(id);
  const finishedAt = counts.finishedAt ?? createdAt;
  return {
    name: nameOf(id),
    metadata: {
      '@type': typeOf('GenerateContentBatch'),
      name: nameOf(id),
      model: said.model,
      ...(said.displayName === undefined ? {} : { displayName: said.displayName }),
      createTime: timeOf(createdAt),
      updateTime: timeOf(finishedAt),
      ...(hasEnded(batch) ? { endTime: timeOf(finishedAt) } : {}),
      state: states[phase],
      batchStats: statsOf(batch),
      ...(hasResponses(batch) && !isInline ? { output: { responsesFile } } : {}),
    },
    ...(hasEnded(batch) ? { done: true } : {}),
    ...(phase === 'completed'
      ? { response: { '@type': typeOf('GenerateContentBatchOutput'), responsesFile } }
      : {}),
    ...(error === undefined ? {} : { error }),
  };
}

/** Tasks that were deleted count as failed. */
function statsOf(batch: KnownBatch<BatchSaid>): GeminiBatchStats {
  const { total, counts, phase } = batch;
  const open = counts.total - counts.succeeded - counts.failed;
  const pending = phase === 'validating' ? total : open;
  return {
    requestCount: String(total),
    successfulRequestCount: String(counts.succeeded),
    failedRequestCount: String(total - counts.succeeded - pending),
    pendingRequestCount: String(pending),
  };
}
