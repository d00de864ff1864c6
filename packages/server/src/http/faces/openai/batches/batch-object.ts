// A batch as OpenAI's clients see it.

import { unixSeconds } from '../../../../lib/time/unix-time.ts';
import type { BatchPhase, KnownBatch } from '../../kit/client-batches.ts';
import type { OpenAiBatch } from '../answers.ts';
import { batchIdOf, resultFileId, type ResultKind } from './ids.ts';
import type { BatchSaid } from './read-batch.ts';

const ended: ReadonlySet<BatchPhase> = new Set(['cancelled', 'expired', 'completed']);
export const hasEnded = ({ phase }: Pick<KnownBatch<BatchSaid>, 'phase'>): boolean => ended.has(phase);

/** Whether a batch has a file of this kind: it has ended, with such results, and the file was not deleted. */
export function hasResults(batch: KnownBatch<BatchSaid>, kind: ResultKind): boolean {
  const { counts, total, said } = batch;
  const lines = kind === 'output' ? counts.succeeded : total - counts.succeeded;
  return hasEnded(batch) && lines > 0 && !(said.deleted ?? []).includes(kind);
}

export function batchObject(batch: KnownBatch<BatchSaid>): OpenAiBatch {
  const { id, said, total, counts, phase, createdAt, cancelledAt } = batch;
  const at = (time: number | null | undefined) =>
    time === null || time === undefined ? null : unixSeconds(time);
  const finishedAt = at(counts.finishedAt ?? createdAt);
  const when = (...phases: BatchPhase[]) => (phases.includes(phase) ? finishedAt : null);
  const open = counts.total - counts.succeeded - counts.failed;
  const file = (kind: ResultKind) => (hasResults(batch, kind) ? resultFileId(id, kind) : null);
  return {
    id: batchIdOf(id),
    object: 'batch',
    endpoint: said.endpoint,
    errors: errorsOf(batch),
    input_file_id: said.inputFileId,
    completion_window: said.completionWindow,
    status: phase,
    output_file_id: file('output'),
    error_file_id: file('error'),
    created_at: unixSeconds(createdAt),
    in_progress_at: phase === 'validating' || phase === 'failed' ? null : unixSeconds(createdAt),
    expires_at: unixSeconds(createdAt + said.deadlineSeconds * 1000),
    finalizing_at: when('completed', 'expired', 'cancelled'),
    completed_at: when('completed'),
    failed_at: when('failed'),
    expired_at: when('expired'),
    cancelling_at: at(cancelledAt),
    cancelled_at: when('cancelled'),
    request_counts: {
      total,
      completed: counts.succeeded,
      failed: phase === 'validating' ? 0 : total - counts.succeeded - open,
    },
    metadata: said.metadata,
  };
}

function errorsOf({ said, phase }: KnownBatch<BatchSaid>): OpenAiBatch['errors'] {
  if (said.errors !== undefined) return { object: 'list', data: said.errors };
  if (phase !== 'failed') return null;
  const message = 'The server stopped before it had accepted the batch. Make it again.';
  return { object: 'list', data: [{ code: 'server_error', message, line: null, param: null }] };
}
